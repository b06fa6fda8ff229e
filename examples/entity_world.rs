//! A world of entities: what each is made of lives in a pool of its own, and keys tie it together.
//!
//! A moving thing has a position and a velocity, most have a sprite, a missile has a target. Parts
//! of one kind lie in one pool, so a system that needs no more than two kinds walks over one and
//! looks the other up. Parts and entities come and go; who still holds a key of one that has gone
//! gets `None`, also when its slot is another's by now.

use core::error::Error;

use heapwright_arena::pool::{Key, Pool, StaleKey};
use heapwright_new::BadAlloc;

#[derive(Debug, Clone, Copy, PartialEq)]
struct Position {
    x: f32,
    y: f32,
}

/// Moves the position of the same entity.
struct Velocity {
    position: Key<Position>,
    x: f32,
    y: f32,
}

/// Owns a name, so its destructor has something to do.
struct Sprite {
    position: Key<Position>,
    name: String,
}

/// What an entity is made of. Parts that it has not take no more room for that: an
/// `Option<Key<_>>` is 8 bytes.
struct Entity {
    position: Key<Position>,
    velocity: Option<Key<Velocity>>,
    sprite: Option<Key<Sprite>>,
    target: Option<Key<Entity>>,
}

#[derive(Default)]
struct World {
    entities: Pool<Entity>,
    positions: Pool<Position>,
    velocities: Pool<Velocity>,
    sprites: Pool<Sprite>,
}

impl World {
    fn spawn(&mut self, at: Position) -> Result<Key<Entity>, BadAlloc> {
        let position = self.positions.insert(at)?;
        self.entities.insert(Entity { position, velocity: None, sprite: None, target: None })
    }

    /// Gives an entity a part more. What it had of that kind before goes.
    fn push(&mut self, entity: Key<Entity>, x: f32, y: f32) -> Result<(), Box<dyn Error>> {
        let entity = self.entities.get_mut(entity).ok_or(StaleKey)?;
        let velocity = Velocity { position: entity.position, x, y };
        if let Some(before) = entity.velocity.replace(self.velocities.insert(velocity)?) {
            self.velocities.delete(before)?;
        }
        Ok(())
    }

    fn draw_as(&mut self, entity: Key<Entity>, name: &str) -> Result<(), Box<dyn Error>> {
        let entity = self.entities.get_mut(entity).ok_or(StaleKey)?;
        let sprite = Sprite { position: entity.position, name: String::from(name) };
        if let Some(before) = entity.sprite.replace(self.sprites.insert(sprite)?) {
            self.sprites.delete(before)?;
        }
        Ok(())
    }

    /// The entity and all its parts go. Keys of it elsewhere are stale from now on.
    fn despawn(&mut self, entity: Key<Entity>) -> Result<(), StaleKey> {
        let entity = self.entities.remove(entity).ok_or(StaleKey)?;
        self.positions.delete(entity.position)?;
        entity.velocity.map_or(Ok(()), |part| self.velocities.delete(part))?;
        entity.sprite.map_or(Ok(()), |part| self.sprites.delete(part))
    }

    /// One step of time: two pools together, the one walked over, the other looked up.
    fn advance(&mut self, seconds: f32) {
        for velocity in self.velocities.values() {
            if let Some(position) = self.positions.get_mut(velocity.position) {
                position.x += velocity.x * seconds;
                position.y += velocity.y * seconds;
            }
        }
    }

    /// What is to be seen, and where.
    fn scene(&self) -> impl Iterator<Item = (&str, Position)> {
        let place = |sprite: &Sprite| self.positions.get(sprite.position).copied();
        self.sprites.values().filter_map(move |sprite| Some((&*sprite.name, place(sprite)?)))
    }

    /// Where the entity is that this one is after, as long as there is one.
    fn target_of(&self, entity: Key<Entity>) -> Option<Position> {
        let target = self.entities.get(entity)?.target?;
        self.positions.get(self.entities.get(target)?.position).copied()
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut world = World::default();
    let ship = world.spawn(Position { x: 0.0, y: 0.0 })?;
    world.push(ship, 1.0, 0.5)?;
    world.draw_as(ship, "ship")?;
    let rock = world.spawn(Position { x: 8.0, y: 4.0 })?;
    world.draw_as(rock, "rock")?;
    let missile = world.spawn(Position { x: 0.0, y: 0.0 })?;
    world.push(missile, 2.0, 1.0)?;
    world.entities[missile].target = Some(rock);

    for _ in 0..4 {
        world.advance(1.0);
    }
    for (name, Position { x, y }) in world.scene() {
        println!("{name:>8} at {x:4.1} {y:4.1}");
    }
    assert_eq!(world.positions[world.entities[ship].position], Position { x: 4.0, y: 2.0 });
    assert_eq!(world.target_of(missile), Some(Position { x: 8.0, y: 4.0 }), "it is hit");

    // The rock goes, and dust takes its slots. The missile's key is that of the rock and of nothing
    // else: no dust is taken for it.
    world.despawn(rock)?;
    let dust = world.spawn(Position { x: 8.0, y: 4.0 })?;
    world.draw_as(dust, "dust")?;
    println!("{rock:?} is gone, {dust:?} is in its place");
    assert_eq!(world.target_of(missile), None);
    assert_eq!(world.despawn(rock), Err(StaleKey));

    // Many come, and most go again. Memory is what was needed at once, and is used over and over.
    for round in 0..100_u16 {
        let sparks: Result<Vec<_>, BadAlloc> =
            (0..1000).map(|_| world.spawn(Position { x: f32::from(round), y: 0.0 })).collect();
        for spark in sparks? {
            world.push(spark, 0.0, 1.0)?;
            world.despawn(spark)?;
        }
    }
    println!("{} entities, room for {}", world.entities.len(), world.entities.capacity());
    assert_eq!(world.entities.len(), 3);
    assert!(world.entities.capacity() < 4000);

    // Who flies off the edge goes with all its parts.
    world.advance(100.0);
    let lost: Vec<_> = world
        .entities
        .iter()
        .filter(|(_, entity)| world.positions.get(entity.position).is_none_or(|at| at.x > 50.0))
        .map(|(key, _)| key)
        .collect();
    for entity in lost {
        world.despawn(entity)?;
    }
    assert!(world.entities.keys().eq([dust]));
    assert!(world.scene().map(|(name, _)| name).eq(["dust"]));
    assert!(world.velocities.is_empty());
    Ok(())
}
