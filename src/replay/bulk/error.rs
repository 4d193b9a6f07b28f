//! Why a replay of many is not made, confirmed or stopped.

use super::{BulkState, MOST};
use crate::domain::{Bilingual, bilingual};
use crate::replay::StoreError;

/// Why a replay is not made, confirmed or stopped.
#[derive(Debug)]
pub enum BulkError {
    /// Nothing was chosen.
    Nothing,
    /// More than [`MOST`] were chosen.
    TooMany,
    /// A replay of delivered submissions names no step.
    NoStep,
    /// There is no replay with this number.
    Unknown,
    /// The state of the replay does not allow it.
    NotNow(BulkState),
    /// These profiles have changed since the dry run.
    Changed(Vec<String>),
    /// The store failed.
    Store(StoreError),
}

impl From<StoreError> for BulkError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl BulkError {
    /// Returns what is wrong and what to do.
    pub fn text(&self) -> Bilingual {
        match self {
            Self::Nothing => bilingual!(
                "No submission was chosen: tick some, or loosen the filter.",
                "Ничего не выбрано: отметьте обращения или ослабьте отбор."
            ),
            Self::TooMany => bilingual!(
                "The filter finds more than {MOST} submissions: narrow it, for example by time.",
                "Отбору соответствует больше {MOST} обращений: сузьте его, например по времени."
            ),
            Self::NoStep => bilingual!(
                "All steps of delivered submissions are finished: name the step to repeat, such as `crm`.",
                "У доставленных обращений все шаги выполнены: укажите шаг, который повторить, например `crm`."
            ),
            Self::Unknown => bilingual!(
                "There is no replay with this number: only the last hundred are kept.",
                "Повтора с таким номером нет: хранятся только последние сто."
            ),
            Self::NotNow(state) => not_now(*state).into(),
            Self::Changed(files) => {
                let files = files.join(", ");
                bilingual!(
                    "The dry run does not count any more: these profiles have changed since: {files}. Make a new one.",
                    "Пробный прогон устарел: с тех пор изменились профили: {files}. Выполните его заново."
                )
            }
            Self::Store(error) => {
                let error = error.in_public();
                bilingual!(
                    "The store does not answer: {error}. Try again in a moment.",
                    "Хранилище не отвечает: {error}. Повторите чуть позже."
                )
            }
        }
    }
}

fn not_now(state: BulkState) -> Bilingual<&'static str> {
    match state {
        BulkState::Examining => Bilingual::new(
            "The dry run is not finished: wait for it.",
            "Пробный прогон ещё идёт: дождитесь конца.",
        ),
        BulkState::Ready => Bilingual::new(
            "Nothing of this replay has begun yet.",
            "Этот повтор ещё не начинался.",
        ),
        BulkState::Running => Bilingual::new(
            "This replay was confirmed already.",
            "Этот повтор уже подтверждён.",
        ),
        BulkState::Stopping | BulkState::Stopped => Bilingual::new(
            "This replay was stopped: make a new one for the rest.",
            "Этот повтор остановлен: для остальных сделайте новый.",
        ),
        BulkState::Finished => Bilingual::new("This replay is over.", "Этот повтор уже закончен."),
    }
}
