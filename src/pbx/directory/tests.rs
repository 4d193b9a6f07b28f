//! What is answered from memory, and what is asked for.

use jiff::{SignedDuration, Timestamp};

use super::callers::{Callers, Question};
use super::*;
use crate::crm::MOST_CALLERS;
use crate::domain::ManualClock;

struct Desk {
    callers: Callers,
    asked: mpsc::Receiver<Question>,
    clock: Arc<ManualClock>,
}

fn desk(waiting: usize, most: usize) -> Desk {
    let rules = DirectoryRules {
        within: Duration::ZERO,
        keep: Duration::from_secs(600),
        most,
        newest_first: false,
        recent: 0,
        ahead_every: Duration::from_secs(300),
    };
    let clock = Arc::new(ManualClock::starting_at(Timestamp::UNIX_EPOCH));
    let (asking, asked) = mpsc::channel(waiting);
    let shared: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
    Desk {
        callers: Callers::new(asking, &rules, shared),
        asked,
        clock,
    }
}

fn phone(last: usize) -> Phone {
    Phone::parse(&format!("+790055501{last:02}")).unwrap()
}

fn row(id: i64) -> CallerRow {
    CallerRow {
        id,
        is_company: false,
        name: "Ольга Т.".to_owned(),
        company: None,
        owner: UserId::new(6),
    }
}

impl Desk {
    /// Returns the ids of the clients, and whether the portal is asked.
    async fn ask(&mut self, last: usize) -> (Vec<i64>, bool) {
        let found = self.callers.within(&phone(last), Duration::ZERO).await;
        let ids = found.iter().map(|row| row.id).collect();
        (ids, self.asked.try_recv().is_ok())
    }

    fn answer(&self, last: usize, rows: Vec<CallerRow>) {
        self.callers.settle(phone(last), Some(&rows.into()));
    }

    fn pass(&self, seconds: i64) {
        self.clock.advance(SignedDuration::from_secs(seconds));
    }
}

#[actix_web::test]
async fn a_known_number_is_answered_without_a_call() {
    let mut desk = desk(8, 8);
    assert_eq!(desk.ask(1).await, (vec![], true));
    desk.answer(1, vec![row(48)]);
    assert_eq!(desk.ask(1).await, (vec![48], false));
    // later at once, too, but it is read again for the next time
    desk.pass(61);
    assert_eq!(desk.ask(1).await, (vec![48], true));
    desk.answer(1, vec![row(49)]);
    assert_eq!(desk.ask(1).await, (vec![49], false));
    // and too old to be used
    desk.pass(601);
    assert_eq!(desk.ask(1).await, (vec![], true));
}

#[actix_web::test]
async fn nobody_is_believed_for_a_moment_only() {
    let mut desk = desk(8, 8);
    desk.answer(1, Vec::new());
    assert_eq!(desk.ask(1).await, (vec![], false));
    desk.pass(11);
    assert_eq!(desk.ask(1).await, (vec![], true));
    // a call was recorded, so its profile may have made a contact
    desk.answer(2, Vec::new());
    desk.callers.doubt(&phone(2));
    assert_eq!(desk.ask(2).await, (vec![], true));
    desk.answer(3, vec![row(48)]);
    desk.callers.doubt(&phone(3));
    assert_eq!(desk.ask(3).await, (vec![48], true));
}

#[actix_web::test]
async fn one_question_is_asked_once_and_a_failure_is_not_remembered() {
    let mut desk = desk(8, 8);
    assert_eq!(desk.ask(1).await, (vec![], true));
    assert_eq!(desk.ask(1).await, (vec![], false));
    desk.callers.settle(phone(1), None);
    assert_eq!(desk.ask(1).await, (vec![], true));
}

#[actix_web::test]
async fn everybody_who_waits_gets_the_answer() {
    let mut desk = desk(8, 8);
    let long = Duration::from_secs(60);
    let number = phone(1);
    let (one, other, ()) = tokio::join!(
        desk.callers.within(&number, long),
        desk.callers.within(&number, long),
        async {
            let (asked, answer) = desk.asked.recv().await.unwrap();
            desk.callers.settle(asked, Some(&vec![row(48)].into()));
            answer.send_replace(Some(vec![row(48)].into()));
        }
    );
    assert_eq!((one[0].id, other[0].id), (48, 48));
    // without an answer nobody waits to the end
    let number = phone(2);
    let (one, ()) = tokio::join!(desk.callers.within(&number, long), async {
        let (asked, answer) = desk.asked.recv().await.unwrap();
        desk.callers.settle(asked, None);
        drop(answer);
    });
    assert!(one.is_empty());
}

#[actix_web::test]
async fn too_many_numbers_are_answered_with_nobody_and_old_ones_are_discarded() {
    let mut desk = desk(1, 4);
    let first = desk.callers.within(&phone(1), Duration::ZERO).await;
    let second = desk
        .callers
        .within(&phone(2), Duration::from_secs(600))
        .await;
    assert!(first.is_empty() && second.is_empty());
    assert!(desk.asked.try_recv().is_ok() && desk.asked.try_recv().is_err());
    for last in 10..20 {
        desk.pass(1);
        desk.answer(last, vec![row(48)]);
    }
    let (known, asked) = desk.ask(19).await;
    assert_eq!((known, asked), (vec![48], false));
    assert_eq!(desk.ask(10).await, (vec![], true));
}

#[test]
fn numbers_of_recorded_calls_are_read_again_once_and_some_at_a_time() {
    let desk = desk(4, 8);
    for last in (0..MOST_CALLERS + 2).chain([0]) {
        desk.callers.doubt(&phone(last));
    }
    let first: Vec<Phone> = (0..MOST_CALLERS).map(phone).collect();
    assert_eq!(desk.callers.take_recorded(), first);
    let rest = [phone(MOST_CALLERS), phone(MOST_CALLERS + 1)];
    assert_eq!(desk.callers.take_recorded(), rest);
    assert_eq!(desk.callers.take_recorded(), []);
}
