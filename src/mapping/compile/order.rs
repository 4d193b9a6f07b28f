//! The order in which fields are read: a computed field comes after the fields it uses.

use super::field_rules::Used;
use crate::mapping::field::DeclaredField;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Untouched,
    Open,
    Done,
}

/// Returns the fields' numbers in an order in which each comes after the fields it uses, or every
/// circle of fields that use each other.
pub(super) fn sorted(fields: &[DeclaredField]) -> Result<Vec<usize>, Vec<Vec<usize>>> {
    let needs: Vec<Vec<usize>> = fields.iter().map(DeclaredField::needs).collect();
    let mut marks = vec![Mark::Untouched; fields.len()];
    let mut order = Vec::with_capacity(fields.len());
    let mut circles = Vec::new();
    for start in 0..fields.len() {
        // an explicit stack, because a long chain of fields must not become a deep recursion
        let mut way: Vec<(usize, usize)> = vec![(start, 0)];
        while let Some((field, next)) = way.pop() {
            match marks.get(field) {
                Some(Mark::Done) | None => continue,
                Some(Mark::Open) if next == 0 => {
                    let from = way.iter().position(|(open, _)| *open == field);
                    let circle = way.iter().skip(from.unwrap_or(0)).map(|(open, _)| *open);
                    circles.push(circle.chain([field]).collect());
                    continue;
                }
                Some(Mark::Open | Mark::Untouched) => {}
            }
            let need = needs.get(field).and_then(|needs| needs.get(next)).copied();
            let mark = if need.is_some() {
                Mark::Open
            } else {
                Mark::Done
            };
            if let Some(mark_of_field) = marks.get_mut(field) {
                *mark_of_field = mark;
            }
            match need {
                Some(need) => {
                    way.push((field, next + 1));
                    way.push((need, 0));
                }
                None => order.push(field),
            }
        }
    }
    if circles.is_empty() {
        return Ok(order);
    }
    Err(circles)
}

/// Drops the parts of names that nothing uses.
pub(super) fn without_unused_parts(
    mut order: Vec<usize>,
    fields: &[DeclaredField],
    used: &Used,
) -> Vec<usize> {
    let is_part = |index: &usize| fields.get(*index).is_some_and(DeclaredField::is_a_part);
    order.retain(|index| used.fields.contains(index) || !is_part(index));
    order
}
