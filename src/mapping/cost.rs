//! Estimates the cost of a profile's paths and tests on a packet, before any of them runs.

use super::condition::{Condition, ConditionTest};
use super::field::FieldSource;
use super::packet::Packet;
use super::path::{OF_A_PROFILE, TooCostly};
use super::profile::{FieldRule, Profile};
use crate::domain::{MappingExplanation, Note};

/// The budget that is left for the other paths and tests.
struct CostBudget<'v> {
    packet: &'v Packet<'v>,
    left: usize,
}

impl Profile {
    /// Returns the first path or test that is too costly on this packet, alone or together with
    /// those before it.
    pub(super) fn check_cost(&self, packet: &Packet<'_>) -> Result<(), Note> {
        let mut budget = CostBudget {
            packet,
            left: OF_A_PROFILE,
        };
        if let Some(when) = &self.receive.when {
            budget.pay(
                || "receive.when".to_owned(),
                when.as_str(),
                when.cost(packet),
            )?;
        }
        for field in &self.fields {
            let about = || format!("fields.{}", field.name);
            budget.condition(about, &field.when)?;
            if let FieldSource::Paths(paths) = &field.source {
                for path in paths {
                    budget.pay(about, path.as_str(), path.cost(packet))?;
                }
            }
        }
        if let Some(rules) = &self.contact {
            budget.condition(|| "contact".to_owned(), &rules.when)?;
            budget.rules("contact", &rules.fields)?;
        }
        if let Some(rules) = &self.company {
            budget.condition(|| "company".to_owned(), &rules.when)?;
            budget.rules("company", &rules.fields)?;
        }
        if let Some(rules) = &self.record {
            budget.condition(|| rules.kind.as_str().to_owned(), &rules.when)?;
            budget.rules(rules.kind.as_str(), &rules.fields)?;
            if let Some(products) = &rules.products {
                let about = || format!("{}.products.each", rules.kind.as_str());
                budget.pay(about, products.each.as_str(), products.each.cost(packet))?;
            }
        }
        budget.condition(|| "comment".to_owned(), &self.comment_when)?;
        if let Some(rules) = &self.todo {
            budget.condition(|| "todo".to_owned(), &rules.when)?;
        }
        for step in &self.then {
            budget.condition(|| format!("then.{}", step.name), &step.when)?;
        }
        Ok(())
    }
}

impl CostBudget<'_> {
    fn rules(&mut self, block: &str, rules: &[FieldRule]) -> Result<(), Note> {
        rules.iter().try_for_each(|rule| {
            self.condition(|| format!("{block}.fields.{}", rule.name), &rule.when)
        })
    }

    fn condition(&mut self, about: impl Fn() -> String, condition: &Condition) -> Result<(), Note> {
        condition.tests().iter().try_for_each(|test| match test {
            ConditionTest::Packet(when) => self.pay(&about, when.as_str(), when.cost(self.packet)),
            ConditionTest::Field { .. } => Ok(()),
        })
    }

    fn pay(
        &mut self,
        about: impl Fn() -> String,
        path: &str,
        cost: Result<usize, TooCostly>,
    ) -> Result<(), Note> {
        let left = cost.ok().and_then(|cost| self.left.checked_sub(cost));
        self.left = left.ok_or_else(|| Note {
            about: about(),
            what: MappingExplanation::TooCostly {
                path: path.to_owned(),
            },
        })?;
        Ok(())
    }
}
