# Strings, arrays and hashes that come and go.
use strict;
use warnings;

my ($rounds) = @ARGV;
my ($total, @kept) = (0);
for my $round (1 .. $rounds) {
    my %count;
    for my $number (1 .. 4000) {
        my $word = "word" . ($number * $round % 997);
        push @{ $count{$word} }, { number => $number, text => "$word-$number" };
    }
    my @sorted = sort { @{ $count{$a} } <=> @{ $count{$b} } || $a cmp $b } keys %count;
    my $text = join ",", map { $_->{text} } map { @{ $count{$_} } } @sorted;
    my @fields = split /,/, $text;
    $total += @fields + length($text) + $round;
    push @kept, \%count;
    splice @kept, $round % 10, 1 if @kept > 10;
}
print "$total\n";
