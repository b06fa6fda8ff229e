//! The tour does what it tells: the facts of each step, and the program that prints them.

use core::sync::atomic::AtomicU8;
use std::process::{Command, Output};

use heapwright_block::fit::AnyFit;
use heapwright_block::{AllocError, BLOCK_BYTES_MIN, Block, BlockState, GRANULE, HEADER_BYTES};
use heapwright_conformance::misuse::Ending;
use heapwright_examples::tour::page::WIDTH;
use heapwright_examples::tour::snapshot::Snapshot;
use heapwright_examples::tour::steps::areas::{Areas, Kind};
use heapwright_examples::tour::steps::by_hand::ByHand;
use heapwright_examples::tour::steps::coalesce::{Coalesce, Joins};
use heapwright_examples::tour::steps::fragmentation::Scattered;
use heapwright_examples::tour::steps::free::Freed;
use heapwright_examples::tour::steps::metadata::Metadata;
use heapwright_examples::tour::steps::misuse::{Mistake, Misuses};
use heapwright_examples::tour::steps::objects::{Missing, Objects};
use heapwright_examples::tour::steps::placement::Placement;
use heapwright_examples::tour::steps::resize::{Resizes, Way};
use heapwright_examples::tour::steps::six_fits::SixFits;
use heapwright_examples::tour::steps::split::Splits;
use heapwright_examples::tour::steps::summary::Summary;
use heapwright_examples::tour::steps::together::Together;
use heapwright_examples::tour::steps::trim::Trimmed;
use heapwright_examples::tour::{STEPS, Step};

fn free_blocks(heap: &Snapshot) -> Vec<Block> {
    heap.in_state(BlockState::Free).collect()
}

#[test]
fn the_areas_are_those_of_this_process() {
    static VARIABLE: AtomicU8 = AtomicU8::new(1);
    let Areas { areas, break_at, reservation } = Areas::perform().unwrap();
    let area_of = |address: usize| {
        let area = areas.iter().find(|area| area.range.contains(&address));
        area.unwrap_or_else(|| panic!("{address:#x} is in no area")).kind
    };
    let code: fn() = the_areas_are_those_of_this_process;
    assert_eq!(area_of(code as usize), Kind::Code);
    assert_eq!(area_of((&raw const VARIABLE).addr()), Kind::Data);
    assert!(areas.is_sorted_by_key(|area| area.range.start));
    assert!(areas.iter().all(|area| area.resident_bytes <= area.reserved_bytes));
    assert!(areas.iter().any(|area| area.kind == Kind::Stack));
    let heap = areas.iter().find(|area| area.kind == Kind::Heap).expect("a test has a heap");
    assert!(heap.range.start < break_at);

    assert_eq!(reservation.resident_untouched, 0);
    assert!(reservation.resident_touched >= reservation.touched_bytes);
    assert!(reservation.resident_touched < reservation.grown_bytes);
    assert_eq!(reservation.resident_discarded, 0);
    assert!(reservation.grown_bytes < reservation.reserved_bytes);
}

#[test]
fn a_break_moved_by_hand_has_foreign_memory_in_it_and_a_fence_keeps_that_safe() {
    let ByHand { naive, ending, fenced } = ByHand::perform().unwrap();
    assert!(naive.found > naive.expected, "nobody moved the break");
    assert_eq!(ending, Ending::Signalled(libc::SIGSEGV));

    assert_eq!(fenced.before.in_state(BlockState::Fence).count(), 0);
    let covers = |fence: &Block| {
        fence.header <= fenced.foreign.start
            && fenced.foreign.end <= fence.header + fence.size + HEADER_BYTES
    };
    assert!(fenced.after.in_state(BlockState::Fence).any(|fence| covers(&fence)));
    assert_eq!(fenced.damaged_bytes, 0);
    assert_eq!(fenced.before.named('A'), fenced.after.named('A'));
    assert!(fenced.after.named('B').unwrap().header >= fenced.foreign.end);
}

#[test]
fn headers_state_what_walk_finds() {
    let Metadata { heap, granted } = Metadata::perform().unwrap();
    for granted in granted {
        let block = heap.named(granted.name).unwrap();
        assert_eq!(block.header, granted.header());
        assert_eq!(block.size, granted.block_bytes());
        assert!(granted.is_in_use() && granted.is_previous_in_use());
        assert!(granted.payload.is_multiple_of(GRANULE));
        assert!(block.payload_size() >= granted.requested_bytes);
    }
}

#[test]
fn the_six_fits_pick_what_their_rules_say_and_no_two_the_same() {
    let fits = SixFits::perform().unwrap();
    let holes: Vec<_> = fits.holes_that_fit().collect();
    assert!(free_blocks(&fits.before).len() > holes.len(), "no hole is too small");
    let by_size = |hole: &&Block| hole.size;
    let above = |hole: &&Block| hole.header > fits.picked_before.header;
    let smallest = *holes.iter().min_by_key(by_size).unwrap();
    assert_eq!(fits.choice(AnyFit::First), holes.first().copied());
    assert_eq!(fits.choice(AnyFit::Second), holes.get(1).copied());
    assert_eq!(fits.choice(AnyFit::Next), holes.iter().find(above).copied());
    assert_eq!(fits.choice(AnyFit::Best), Some(smallest));
    assert_eq!(fits.choice(AnyFit::Worst), holes.iter().max_by_key(by_size).copied());
    // Good fit is within one sixteenth of the best, and here it is not the best itself.
    let good = fits.choice(AnyFit::Good).unwrap();
    assert!(good.size > smallest.size && good.size <= smallest.size + smallest.size / 16);
    for (index, choice) in fits.choices.iter().enumerate() {
        assert_eq!(choice.fit, AnyFit::ALL[index]);
        assert!(fits.choices[..index].iter().all(|other| other.hole != choice.hole));
    }
}

#[test]
fn a_hole_is_split_where_the_rest_can_be_a_block() {
    let Splits { with_rest, without_rest } = Splits::perform().unwrap();
    let taken = with_rest.after.named('C').unwrap();
    let rest = free_blocks(&with_rest.after);
    assert_eq!(taken.header, with_rest.hole.header);
    assert_eq!(rest.len(), 1);
    assert_eq!(rest[0].header, taken.header + taken.size);
    assert_eq!(taken.size + rest[0].size, with_rest.hole.size);
    assert!(taken.payload_size() >= with_rest.requested_bytes);

    let taken = without_rest.after.named('C').unwrap();
    assert_eq!((taken.header, taken.size), (without_rest.hole.header, without_rest.hole.size));
    let spare = taken.payload_size() - without_rest.requested_bytes;
    assert!((1..BLOCK_BYTES_MIN).contains(&spare));
    assert_eq!(free_blocks(&without_rest.after), []);
}

#[test]
fn free_changes_the_header_the_links_and_the_tag_and_nothing_else() {
    let freed = Freed::perform().unwrap();
    assert_eq!(freed.changed_words().collect::<Vec<_>>(), freed.metadata_words());
    let block = freed.heap_after.at(freed.block.header).unwrap();
    assert_eq!((block.size, block.state), (freed.block.size, BlockState::Free));
    let word = |index: usize| {
        let (words, []) = freed.after.as_chunks::<8>() else { panic!("a word is cut off") };
        usize::from_ne_bytes(words[index])
    };
    assert_eq!(word(freed.block.size / 8 - 1), freed.block.size, "the tag repeats the size");
    let other = free_blocks(&freed.heap_before)[0].header;
    assert!(word(1) == other || word(2) == other, "a link leads to the other free block");
}

#[test]
fn a_freed_block_joins_its_free_neighbours() {
    let Coalesce { frees } = Coalesce::perform().unwrap();
    let mut seen = Vec::new();
    for free in frees {
        let block = free.before.named(free.name).unwrap();
        let is_free = |other: &Block| other.state != BlockState::InUse;
        let blocks: Vec<_> = free.before.blocks.iter().map(|named| named.block).collect();
        let position = blocks.iter().position(|other| *other == block).unwrap();
        let previous = position.checked_sub(1).map(|index| blocks[index]).filter(is_free);
        let next = blocks.get(position + 1).copied().filter(is_free);
        let joins = match (previous, next.map(|next| next.state)) {
            (None, None) => Joins::Nothing,
            (Some(_), None) => Joins::Previous,
            (None, Some(_)) => Joins::Next,
            (Some(_), Some(BlockState::Top)) => Joins::PreviousAndTop,
            (Some(_), Some(_)) => Joins::Both,
        };
        assert_eq!(joins, free.joins, "{}", free.name);

        let start = previous.map_or(block.header, |previous| previous.header);
        let end = next.map_or(block.header + block.size, |next| next.header + next.size);
        let joined = free.after.at(start).unwrap();
        assert!(is_free(&joined));
        assert_eq!(joined.size, end - start, "{}", free.name);
        seen.push(joins);
    }
    assert!(seen.contains(&Joins::Previous) && seen.contains(&Joins::Next));
    assert!(seen.contains(&Joins::Both) && seen.contains(&Joins::PreviousAndTop));
}

#[test]
fn realloc_keeps_the_pointer_where_it_can_and_the_contents_always() {
    let Resizes { resizes } = Resizes::perform().unwrap();
    for resized in &resizes {
        assert!(resized.is_content_kept, "{:?}", resized.way);
        let block = resized.after.named(resized.name).unwrap();
        assert_eq!(block.payload(), resized.new_payload);
        assert!(block.payload_size() >= resized.new_bytes);
        let is_in_place = resized.old_payload == resized.new_payload;
        assert_eq!(is_in_place, resized.way != Way::Moves, "{:?}", resized.way);
        let is_break_moved = resized.before.break_at != resized.after.break_at;
        assert_eq!(is_break_moved, resized.way == Way::MovesBreak, "{:?}", resized.way);
    }
    let [shrinks, takes, _, moves] = &resizes;
    assert_eq!(free_blocks(&shrinks.before), []);
    assert_eq!(free_blocks(&shrinks.after).len(), 1);
    let left = |heap: &Snapshot| free_blocks(heap).iter().map(|block| block.size).sum::<usize>();
    let grown = |heap: &Snapshot| heap.named('A').unwrap().size + left(heap);
    assert_eq!(grown(&takes.before), grown(&takes.after), "what one gained the other lost");
    assert!(left(&takes.after) < left(&takes.before));
    let place = moves.after.at(moves.old_payload - HEADER_BYTES).unwrap();
    assert_eq!(place.state, BlockState::Free);
}

#[test]
fn a_scattered_heap_has_the_bytes_and_not_the_block() {
    let scattered = Scattered::perform().unwrap();
    let sizes: Vec<_> = free_blocks(&scattered.scattered).iter().map(|block| block.size).collect();
    let (all, largest) = (sizes.iter().sum::<usize>(), *sizes.iter().max().unwrap());
    let needed = scattered.requested_bytes + HEADER_BYTES;
    assert!(all >= needed && largest < needed);
    assert_eq!(scattered.scattered.in_state(BlockState::Top).count(), 0, "there is a top");
    assert!(matches!(scattered.refusal, AllocError::Exhausted { .. }));
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    let external = 1.0 - largest as f64 / all as f64;
    assert!((scattered.scattered_figures.external - external).abs() < 1e-9);
    assert!(scattered.joined_figures.external < external);
    assert!(scattered.served.named('R').unwrap().payload_size() >= scattered.requested_bytes);
    assert_eq!(scattered.served.break_at, scattered.scattered.break_at);
}

#[test]
fn trim_lowers_the_break_as_far_as_the_last_block_lets_it() {
    let trimmed = Trimmed::perform().unwrap();
    // A was asked for with a mebibyte, and its pages are the bulk of the heap.
    let large = 1 << 20;
    assert!(trimmed.full.heap.named('A').unwrap().payload_size() >= large);
    assert!(trimmed.full.resident_bytes >= large);
    assert_eq!(trimmed.trimmed_held, 0);
    assert_eq!(trimmed.held.heap.break_at, trimmed.full.heap.break_at);
    assert_eq!(trimmed.held.heap.named('B'), trimmed.full.heap.named('B'));
    assert!(trimmed.trimmed >= large);
    let lowered = trimmed.full.heap.break_at - trimmed.empty.heap.break_at;
    assert_eq!(lowered, trimmed.trimmed);
    assert!(trimmed.empty.resident_bytes + large <= trimmed.full.resident_bytes);
    assert_eq!(trimmed.full.heap.named('K'), trimmed.empty.heap.named('K'));
}

#[test]
fn each_mistake_ends_its_process_with_one_line_that_names_the_pointer() {
    let Misuses { caught } = Misuses::perform().unwrap();
    assert_eq!(caught.len(), 3);
    for caught in caught {
        let pointer = format!("{:#x}", caught.payload);
        let line = match caught.mistake {
            Mistake::DoubleFree => format!("heapwright: double free of {pointer}\n"),
            Mistake::Foreign => format!("heapwright: {pointer} is no block of this heap\n"),
            Mistake::Overflow => format!("heapwright: broken header before {pointer}\n"),
        };
        assert_eq!(caught.output, line);
        assert_eq!(caught.ending, Ending::Signalled(libc::SIGABRT));
    }
}

#[test]
fn objects_are_built_in_place_and_end_backwards() {
    let Objects { addresses: [object, second], named, life, failed, array } =
        Objects::perform().unwrap();
    assert!(second > object && second < object + 200);
    assert_eq!(named, "first and second");
    assert_eq!(life, ["+first", "+second", "-first", "-second"]);
    assert_eq!(failed, (vec!["+first".to_owned(), "-first".to_owned()], Missing("second")));
    assert_eq!(array, ["+a", "+b", "+c", "-c", "-b", "-a"]);
}

#[test]
fn placed_objects_are_aligned_and_apart_and_fill_their_region() {
    let Placement { region_bytes, objects, left_bytes, start, .. } = Placement::perform().unwrap();
    assert!(start.is_multiple_of(16));
    let end = |object: &heapwright_examples::tour::steps::placement::Object| {
        object.offset + object.layout.size()
    };
    assert!(objects.iter().all(|object| object.offset.is_multiple_of(object.layout.align())));
    assert!(objects.windows(2).all(|pair| end(&pair[0]) <= pair[1].offset));
    assert_eq!(end(objects.last().unwrap()) + left_bytes, region_bytes);
}

#[test]
fn objects_of_an_arena_end_newest_first_and_keys_grow_stale() {
    let Together { ring, ended, ended_in_scope, reserved_bytes, answers } =
        Together::perform().unwrap();
    assert!(ring.windows(2).all(|pair| pair[0].abs_diff(pair[1]) == size_of::<usize>()));
    assert_eq!((ended, ended_in_scope), (vec!["guest", "window", "door"], 1));
    assert!(reserved_bytes[1] > 0 && reserved_bytes[1] <= reserved_bytes[0]);
    assert_eq!(answers, [Some("Argo"), None]);
}

#[test]
fn the_summary_names_files_that_exist() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    for idea in Summary::perform().unwrap().ideas {
        assert!(std::path::Path::new(root).join(idea.file).is_file(), "{}", idea.file);
    }
}

fn tour(arguments: &[&str]) -> Output {
    let mut tour = Command::new(env!("CARGO_BIN_EXE_tour"));
    tour.args(arguments).output().expect("the tour starts")
}

fn text_of(output: &Output) -> String {
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {error}", output.status);
    assert_eq!(error, "", "the tour complains");
    String::from_utf8(output.stdout.clone()).expect("the tour prints UTF-8")
}

#[test]
fn the_program_tells_every_step_with_real_addresses_and_no_colours_into_a_pipe() {
    let text = text_of(&tour(&[]));
    assert!(!text.contains('\u{1b}'), "there are colours");
    let mut rest = text.as_str();
    for (number, step) in (1..).zip(&STEPS) {
        let heading = format!("Step {number} of {}: {}", STEPS.len(), step.title);
        let (_, after) = rest.split_once(&heading).unwrap_or_else(|| panic!("no {heading}"));
        rest = after;
        let body = after.split("\nStep ").next().unwrap_or_default();
        let is_about_memory = number < STEPS.len();
        assert_eq!(body.contains("0x"), is_about_memory, "{heading}");
        // The first step draws the process; from the eleventh on the pictures are others.
        let is_drawn = (2..=10).contains(&number);
        assert_eq!(body.contains("[H|") && body.contains("▏break 0x"), is_drawn, "{heading}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "a line is too long");
    // With the C library of most systems it is malloc itself that moves the break.
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(cfg!(not(target_env = "gnu")) || words.contains("calls malloc, which moves it too"));
}

#[test]
fn the_program_tells_one_step_alone() {
    let text = text_of(&tour(&["--plain", "--step", "4"]));
    assert!(text.starts_with("Step 4 of 15: Six fits choose\n"));
    assert!(AnyFit::ALL.iter().all(|fit| text.contains(&format!("▲ {}", fit.name()))), "{text}");
    assert_eq!(text.matches("Step ").count(), 1);
}

#[test]
fn the_program_refuses_what_it_does_not_know() {
    for arguments in [&["--step", "16"][..], &["--step", "0"], &["--step", "x"], &["--steps"]] {
        let output = tour(arguments);
        assert!(!output.status.success(), "{arguments:?}");
        assert!(String::from_utf8_lossy(&output.stderr).starts_with("tour: "), "{arguments:?}");
    }
}
