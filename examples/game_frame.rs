//! Frames of a game: what one frame makes is gone at its end, and its memory is used again.
//!
//! ```text
//!   level  ├─ textures, sprites ────────────────────────────────────────┤   the arena
//!   frame     ├─ what is visible ─┤  ├─ what is visible ─┤  ├─ …            a scope a frame
//!   effects      ├ particles ┤         ├ particles ┤                        scopes in it
//! ```
//!
//! The level counts its objects by the line that created them. What is left at its end is a report:
//! one of its lines is a leak.

use anyhow::Result;
use heapwright_arena::{Arena, CountByTypeAndSite, Local, Report};
use heapwright_new::{array_from_fn, value};

/// An arena that counts. A scope is the same, with a shorter life.
type Level<'env> = Arena<'env, Local, CountByTypeAndSite>;

const FRAMES: u32 = 60;
const SPRITES: u32 = 200;
const EFFECTS: usize = 4;
const PARTICLES: usize = 256;

struct Texture {
    name: String,
}

struct Sprite<'level> {
    texture: &'level Texture,
    x: u32,
}

/// A line for the renderer. It owns a string, so the frame has something to destroy.
struct DrawCall<'level> {
    sprite: &'level Sprite<'level>,
    command: String,
}

#[derive(Clone, Copy)]
struct Particle {
    x: f32,
    speed: f32,
}

/// Where a bullet hit a wall. It should have been the frame's.
struct Decal {
    _frame: u32,
}

/// The most bytes that the scopes of one frame held.
struct Frame {
    commands: usize,
    reserved_bytes: usize,
}

fn draw(level: &Level<'_>, sprites: &[&Sprite<'_>], number: u32) -> Result<Frame> {
    level.scope(|frame| {
        let visible = |sprite: &&&Sprite<'_>| (sprite.x + number).is_multiple_of(2);
        let mut commands = 0;
        for &sprite in sprites.iter().filter(visible) {
            let command = format!("draw {} at {}", sprite.texture.name, sprite.x);
            // What the frame makes may refer to what the level made, not the other way round.
            let call = frame.create(value(DrawCall { sprite, command }))?;
            commands += usize::from(call.command.len() > call.sprite.texture.name.len());
        }
        let mut reserved_bytes = frame.reserved_bytes();
        for _ in 0..EFFECTS {
            reserved_bytes += frame.scope(|effect| {
                let at_start = |index: usize| Particle { x: 0.0, speed: 1.0 + index as f32 };
                let particles = array_from_fn::<_, _, PARTICLES>(|index| value(at_start(index)));
                let particles = effect.create(particles)?;
                particles.iter_mut().for_each(|particle| particle.x += particle.speed);
                Ok::<_, anyhow::Error>(effect.reserved_bytes())
            })?;
        }
        if number.is_multiple_of(10) {
            level.create(value(Decal { _frame: number }))?;
        }
        Ok(Frame { commands, reserved_bytes })
    })
}

/// What is told of objects that live when the level ends.
fn tell(report: &Report) {
    print!("at the end of the level\n{report}");
    let decals = report.rows().iter().find(|row| row.type_name.ends_with("Decal"));
    assert_eq!(decals.map(|row| row.live), Some(FRAMES as usize / 10), "{report}");
}

fn main() -> Result<()> {
    let level = Level::counting(CountByTypeAndSite::new().at_end(tell));
    let texture: &Texture = level.create(value(Texture { name: String::from("brick") }))?;
    let mut sprites = Vec::new();
    for x in 0..SPRITES {
        sprites.push(&*level.alloc(value(Sprite { texture, x }))?);
    }

    let frames: Vec<Frame> =
        (0..FRAMES).map(|number| draw(&level, &sprites, number)).collect::<Result<_>>()?;
    for (number, frame) in frames.iter().enumerate().take(4) {
        let Frame { commands, reserved_bytes } = frame;
        println!("frame {number}: {commands} commands, {reserved_bytes} bytes held by its scopes");
    }
    // The first frames find out how much is needed; from then on the memory is warm.
    assert!(frames[2..].iter().all(|frame| frame.reserved_bytes <= frames[1].reserved_bytes));
    assert!(frames[3..].iter().all(|frame| frame.reserved_bytes == frames[3].reserved_bytes));
    assert!(frames.iter().all(|frame| frame.commands == SPRITES as usize / 2));

    // Of the frames nothing is left: all their draw calls were destroyed.
    let report = level.census().report()?;
    let calls = report.rows().iter().find(|row| row.type_name.contains("DrawCall"));
    let calls = calls.map(|row| (row.live, row.peak, row.total));
    println!("draw calls (live, at most, in all): {calls:?}");
    let (per_frame, frames) = (SPRITES as usize / 2, FRAMES as usize);
    assert_eq!(calls, Some((0, per_frame, per_frame * frames)));

    // The level goes, and tells what it destroys. Nothing but the texture should be there.
    drop(level);
    Ok(())
}
