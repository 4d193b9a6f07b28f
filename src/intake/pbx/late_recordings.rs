//! Recordings that a PBX tells of apart from the records of their calls, on their way into the store.

use super::records::Origin;
use super::reply::Refused;
use super::source::{PbxSource, RecordDetails};
use super::{NamedPbx, Pbx, PbxIntake, SOURCE};
use crate::config::RecordingWay;
use crate::domain::json::Bounds;
use crate::domain::{Source, SourceKind as _, VerdictReason};
use crate::inbox::Reception;
use crate::pbx::{CallRecord, RecordingNotice, ToldValues};

impl PbxIntake {
    /// Keeps what a PBX tells of a recording until the record of the call comes. A recording that no
    /// record has yet is stored, too: the gateway may be restarted before the record comes, and the
    /// record may have been there.
    pub(super) async fn note_recording(
        &self,
        name: &str,
        pbx: &Pbx,
        notice: RecordingNotice,
    ) -> Result<(), Refused> {
        if !pbx.shared.recordings.note(&notice) || self.join_recording((name, pbx), &notice).await?
        {
            return Ok(());
        }
        let RecordingNotice {
            call,
            id,
            link,
            raw,
            ..
        } = notice;
        let details = RecordDetails {
            dialect: RecordDetails::word(pbx.settings.dialect),
            ..RecordDetails::default()
        };
        let source = Source::new(SOURCE, name, format!("{call}/recording/{id}"));
        let source = source.with_details(&details);
        let reception = Reception::Ignore {
            reason: VerdictReason::LateRecording(link),
        };
        let received = [(self.submission(source, raw), reception)];
        self.receiver.inbox.receive_all(&received).await?;
        Ok(())
    }

    /// Adds a recording to the stored submission of its call: it is the record again, now with the
    /// recording. Returns whether there was one to add it to.
    async fn join_recording(
        &self,
        (name, pbx): NamedPbx<'_>,
        notice: &RecordingNotice,
    ) -> Result<bool, Refused> {
        if pbx.settings.recordings.way == RecordingWay::Off {
            return Ok(false);
        }
        let source = Source::new(SOURCE, name, notice.call.as_str());
        let known = self.receiver.inbox.known(vec![source]).await?;
        let known = known.into_iter().next().flatten();
        let Some(known) = known.filter(|known| !known.raw.is_empty()) else {
            return Ok(false);
        };
        let Ok(packet) = PbxSource.decode(&known.source, &known.raw, Bounds::STORED) else {
            return Ok(false);
        };
        let record = CallRecord {
            key: notice.call.clone(),
            session: None,
            old_key: None,
            number: None,
            told: ToldValues::default(),
            packet,
            raw: notice.raw.clone(),
        };
        self.store((name, pbx), &record, Origin::Asked).await?;
        let links = std::slice::from_ref(&notice.link);
        pbx.shared.recordings.settle(&notice.call, links);
        Ok(true)
    }
}
