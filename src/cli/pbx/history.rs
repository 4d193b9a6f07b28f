//! `leadgate pbx history`: calls of the past.

use std::process::ExitCode;

use clap::Args;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::{PbxName, client, failed};
use crate::cli::failure::Failure;
use crate::cli::filter::moment;
use crate::cli::out::{Ink, Out, clean};
use crate::config::Settings;
use crate::domain::{Bilingual, CallKind, Clock as _, Lang, SystemClock, bilingual};
use crate::pbx::{CLOCKS_APART, DialNumber, HistoryQuery};

/// The history begins so long ago unless an option says otherwise.
const HISTORY: SignedDuration = SignedDuration::from_hours(24);

#[derive(Debug, Args)]
pub(super) struct HistoryArgs {
    #[command(flatten)]
    pbx: PbxName,
    /// Only calls that began at this time or later, in the time zone output.zone: 2026-11-22,
    /// 2026-11-22T10:00, or 2h, 3d ago; default: a day ago.
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Only calls that began before this time.
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Only calls from or to this number; can be given several times.
    #[arg(long, value_name = "PHONE")]
    number: Vec<String>,
    /// How many calls to show, the oldest first.
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: usize,
    /// Skip so many calls: the next page.
    #[arg(long, value_name = "N", default_value_t = 0)]
    skip: usize,
    /// Print one JSON object per call.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &HistoryArgs, settings: &Settings, out: &Out) -> Result<ExitCode, Failure> {
    let query = query(args, SystemClock.now(), out)?;
    let (_, client) = client(&args.pbx, settings)?;
    let (records, _) = actix_web::rt::System::new()
        .block_on(client.history(query))
        .map_err(|failure| failed(&failure))?;
    let calls = records.into_iter();
    let calls: Vec<Value> = calls
        .filter_map(|mut record| record.packet.get_mut("call").map(Value::take))
        .collect();
    if args.json {
        for call in &calls {
            Out::line(call.to_string());
        }
    } else if calls.is_empty() {
        let none = Bilingual::new(
            "the PBX has no such calls; --since 7d shows those of a week",
            "таких звонков в АТС нет; --since 7d покажет звонки за неделю",
        );
        Out::line(none.pick(out.lang()));
    } else {
        show(&calls, out);
    }
    Ok(ExitCode::SUCCESS)
}

fn query(args: &HistoryArgs, now: Timestamp, out: &Out) -> Result<HistoryQuery, Failure> {
    let wrong = |problem: Bilingual| Failure::message(2, problem);
    let at = |text: &str| moment(text, now, out.zone()).map_err(wrong);
    let numbers = args.number.iter().map(|text| {
        DialNumber::parse(text).ok_or_else(|| {
            wrong(bilingual!(
                "`{text}` is not a number",
                "`{text}` — не номер"
            ))
        })
    });
    let since = args.since.as_deref().map(at).transpose()?;
    let until = args.until.as_deref().map(at).transpose()?;
    Ok(HistoryQuery {
        from: since.unwrap_or_else(|| now.checked_sub(HISTORY).unwrap_or(now)),
        to: until.unwrap_or_else(|| now.checked_add(CLOCKS_APART).unwrap_or(now)),
        numbers: numbers.collect::<Result<_, _>>()?,
        limit: args.limit,
        offset: args.skip,
    })
}

fn show(calls: &[Value], out: &Out) {
    let lang = out.lang();
    let text = |call: &Value, name: &str| {
        let member = call.get(name).and_then(Value::as_str);
        clean(member.unwrap_or_default())
    };
    let started = |call: &Value| text(call, "started").parse::<Timestamp>().ok();
    let known = calls.iter().filter_map(started);
    let times = out.moments(known);
    let heads = Bilingual::new(
        ["BEGAN", "KIND", "NUMBER", "INNER", "TALK", "RECORDING"],
        ["НАЧАЛО", "ВИД", "НОМЕР", "ВНУТРЕННИЙ", "РАЗГОВОР", "ЗАПИСЬ"],
    );
    let mut heads = heads.pick(lang).map(str::to_owned);
    let [first, ..] = &mut heads;
    first.push_str(&times.zone);
    let mut moments = times.times.into_iter();
    let rows = calls.iter().map(|call| {
        let began = started(call).and_then(|_| moments.next());
        let talk = call.get("talk").and_then(Value::as_i64).unwrap_or(0);
        vec![
            (Ink::Plain, began.unwrap_or_default()),
            kind(&text(call, "kind"), lang),
            (Ink::Strong, text(call, "number")),
            (Ink::Plain, text(call, "inner")),
            (Ink::Plain, format!("{}:{:02}", talk / 60, talk % 60)),
            (Ink::Dim, text(call, "recording")),
        ]
    });
    let heads = heads.map(|head| (Ink::Dim, head)).to_vec();
    let rows: Vec<_> = std::iter::once(heads).chain(rows).collect();
    out.table(&rows);
}

fn kind(word: &str, lang: Lang) -> (Ink, String) {
    let (ink, text) = match CallKind::parse(word) {
        Some(CallKind::Incoming) => (Ink::Plain, Bilingual::new("incoming", "входящий")),
        Some(CallKind::Missed) => (Ink::Bad, Bilingual::new("missed", "пропущенный")),
        Some(CallKind::Outgoing) => (Ink::Plain, Bilingual::new("outgoing", "исходящий")),
        Some(CallKind::Internal) => (Ink::Dim, Bilingual::new("internal", "внутренний")),
        None => (Ink::Dim, Bilingual::new("", "")),
    };
    (ink, text.pick(lang).to_owned())
}
