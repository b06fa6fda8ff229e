//! Tools: git, sort, awk, tar, gzip.

use core::fmt::Write;

use crate::scenario::Scenario;

/// Lines of a random number and a word, by a seed.
fn lines(count: usize) -> String {
    let mut random = fastrand::Rng::with_seed(20);
    let mut text = String::new();
    for _ in 0..count {
        let word = "abcdefghijklmnopqrstuvwxyz".get(random.usize(..13)..random.usize(13..26));
        let number = random.u32(..1_000_000);
        writeln!(text, "{number} {}", word.unwrap_or_default()).expect("a String takes all");
    }
    text
}

#[test]
fn git_keeps_a_repository() {
    Scenario {
        name: "git",
        needs: &["git"],
        files: &[("words", lines(20_000).as_bytes())],
        script: r#"
            export HOME="$PWD" GIT_CONFIG_NOSYSTEM=1 GIT_PAGER=cat
            export GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@example.org
            export GIT_COMMITTER_NAME=C GIT_COMMITTER_EMAIL=c@example.org
            export GIT_AUTHOR_DATE=2020-01-01T00:00:00Z GIT_COMMITTER_DATE=2020-01-02T00:00:00Z
            git init -q -b main repository
            cd repository
            for n in 1 2 3 4 5; do
                head -n "${n}000" ../words > file
                mkdir -p "folder $n"
                cp file "folder $n/copy"
                git add .
                git commit -q -m "commit $n"
            done
            git log --stat
            git diff HEAD~3 --shortstat
            git gc -q
            git fsck --full --strict
            git blame file | tail -n 3
            git rev-parse HEAD
            git cat-file --batch-check --batch-all-objects
        "#,
        served: &["git"],
    }
    .run();
}

#[test]
fn sort_and_awk_go_through_many_lines() {
    Scenario {
        name: "sort",
        needs: &["sort", "awk", "cksum"],
        files: &[("lines", lines(300_000).as_bytes())],
        script: r#"
            sort lines | cksum
            sort -n -k 1 --parallel=2 lines | cksum
            sort -S 1M -k 2 lines | cksum
            awk '{ count[$2]++; sum[$2] += $1 }
                 END { for (word in count) print word, count[word], sum[word] }' lines | sort
        "#,
        served: &["sort", "awk"],
    }
    .run();
}

#[test]
fn tar_and_gzip_pack_and_unpack() {
    Scenario {
        name: "tar",
        needs: &["tar", "gzip", "cksum"],
        files: &[("lines", lines(300_000).as_bytes())],
        script: r#"
            mkdir many
            split -l 2000 lines many/part-
            tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -cf all.tar many
            gzip -n -9 -k all.tar
            cksum all.tar all.tar.gz
            mkdir out
            tar -xzf all.tar.gz -C out
            cat out/many/* | cksum
            cksum lines
            tar -tf all.tar | tail -n 3
        "#,
        served: &["tar", "split"],
    }
    .run();
}
