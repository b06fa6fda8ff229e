//! Documents that are printed, parsed, changed and printed again.

use fastrand::Rng;
use serde_json::{Map, Value, json};

use crate::plan::{Plan, Workload};

/// Documents at scale 1.
const DOCUMENTS: usize = 1500;

pub(super) const WORKLOAD: Workload = Workload {
    name: "json",
    like: "documents parsed into trees of values, changed, and printed again",
    run,
};

fn run(plan: &Plan) -> u64 {
    let mut rng = Rng::with_seed(6);
    let mut sum = 0_u64;
    for number in 0..plan.scaled(DOCUMENTS) {
        let text = document(&mut rng, number).to_string();
        let mut parsed: Value = serde_json::from_str(&text).expect("printed just now");
        rename(&mut parsed);
        let printed = serde_json::to_string_pretty(&parsed).expect("it was printed before");
        sum = sum.wrapping_mul(31).wrapping_add((text.len() + printed.len()) as u64);
    }
    sum
}

fn document(rng: &mut Rng, number: usize) -> Value {
    let people: Vec<Value> = (0..rng.u8(20..120))
        .map(|index| {
            let tags: Vec<String> = (0..rng.u8(..6)).map(|tag| format!("tag-{tag}")).collect();
            json!({
                "id": number * 1000 + usize::from(index),
                "name": format!("person {index}"),
                "balance": f64::from(rng.u32(..100_000)) / 100.0,
                "tags": tags,
                "address": { "street": "A long enough street name 17", "zip": rng.u32(..99_999) },
                "active": rng.bool(),
            })
        })
        .collect();
    json!({ "document": number, "people": people })
}

/// Gives every key of every object another name, as a migration does.
fn rename(value: &mut Value) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(rename),
        Value::Object(object) => {
            let old = core::mem::take(object);
            let renamed = old.into_iter().map(|(key, mut value)| {
                rename(&mut value);
                (format!("new_{key}"), value)
            });
            *object = renamed.collect::<Map<_, _>>();
        }
        _ => {}
    }
}
