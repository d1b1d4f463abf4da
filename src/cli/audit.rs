//! `audit`: the audit trail for people.

use std::io;
use std::time::Duration;

use clap::Args;
use clap::builder::FalseyValueParser;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::Done;
use super::output::{Table, print};
use crate::api::audit_trail::Event;
use crate::domain::audit::event::AuditEvent;
use crate::domain::error::{Error, Result};
use crate::domain::id::OrganizationId;
use crate::domain::timestamp::Timestamp;
use crate::runtime::data_dir::DataDir;
use crate::runtime::options::DataOptions;
use crate::runtime::values::count;
use crate::store::{Extract, Store, View};

const BETWEEN_LOOKS: Duration = Duration::from_millis(500);
const HEADINGS: &[&str] = &["time", "actor", "action", "resource", "organization", "request"];

#[derive(Args)]
pub struct Options {
    /// Only what happened in this organization, by its name or its id
    #[arg(long, env = "BOWLINE_ORGANIZATION", value_name = "ORG")]
    organization: Option<String>,
    /// Only what happened from then on: 2030-01-02T03:04:05Z
    #[arg(long, env = "BOWLINE_SINCE", value_name = "TIME", value_parser = instant)]
    since: Option<Timestamp>,
    /// How many events at the most; the newest are shown
    #[arg(long, env = "BOWLINE_LIMIT", default_value = "100", value_name = "NUMBER", value_parser = count)]
    limit: u32,
    /// Keep printing new events until interrupted
    #[arg(long, env = "BOWLINE_FOLLOW", value_parser = FalseyValueParser::new())]
    follow: bool,
    /// One JSON document a line, as the API has them
    #[arg(long, env = "BOWLINE_JSON", value_parser = FalseyValueParser::new())]
    json: bool,
    #[command(flatten)]
    data: DataOptions,
}

pub fn run(options: &Options) -> Done {
    let (store, _) = DataDir::find_as_owner(&options.data)?.open_existing()?;
    let shown = show(&store, options);
    store.close();
    shown
}

fn show(store: &Store, options: &Options) -> Done {
    let (extract, events, mut last) = store.read(|view| {
        let extract = extract(view, options)?;
        let events = view.latest_events(&extract, u64::from(options.limit))?;
        Ok((extract, events, view.last_event()?))
    })?;
    if options.json {
        lines(events)?;
    } else {
        Table { headings: HEADINGS, rows: events.into_iter().map(cells).collect() }.print(false)?;
    }
    if !options.follow {
        return Ok(());
    }
    while is_read_after(BETWEEN_LOOKS)? {
        let events = store.read(|view| view.events_after(last, &extract, u64::from(u32::MAX)))?;
        last = events.last().map_or(last, |event| event.number);
        if options.json {
            lines(events)?;
        } else {
            for event in events {
                let cells: Vec<String> = cells(event).into_iter().map(Option::unwrap_or_default).collect();
                print(cells.join("  ").trim_end())?;
            }
        }
    }
    Ok(())
}

/// Waits, and says whether the output still has a reader.
fn is_read_after(time: Duration) -> Result<bool> {
    let stdout = io::stdout();
    // Nothing is asked for: what ends the wait early is that the other end was closed.
    let mut printed = [PollFd::new(&stdout, PollFlags::empty())];
    let time = Timespec::try_from(time).map_err(Error::internal)?;
    match poll(&mut printed, Some(&time)) {
        Ok(_) | Err(Errno::INTR) => {}
        Err(e) => return Err(Error::internal(e)),
    }
    Ok(!printed[0].revents().intersects(PollFlags::ERR | PollFlags::HUP))
}

/// Deleted users are still in the trail, so an id is taken as it is.
fn extract(view: &View, options: &Options) -> Result<Extract> {
    let organization = match &options.organization {
        None => None,
        Some(text) => match (view.organization_known_as(text)?, OrganizationId::parse(text)) {
            (Some(organization), _) => Some(organization.external_id),
            (None, Ok(id)) => Some(id),
            (None, Err(_)) => return Err(Error::invalid(format!("There is no organization named {text}."))),
        },
    };
    Ok(Extract { organization, since: options.since })
}

fn lines(events: Vec<AuditEvent>) -> Done {
    for event in events {
        print(&serde_json::to_string(&Event::from(event)).map_err(Error::internal)?)?;
    }
    Ok(())
}

fn cells(event: AuditEvent) -> Vec<Option<String>> {
    let count = event.meta.as_ref().and_then(|meta| meta["count"].as_u64()).filter(|count| *count > 1);
    let times = count.map(|count| format!(" ({count} times)")).unwrap_or_default();
    let reason = event.meta.as_ref().and_then(|meta| meta["reason"].as_str());
    let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
    vec![
        Some(event.at.to_string()),
        Some(shown(&event.actor_name)),
        Some(format!("{}{reason}{times}", event.action)),
        Some(format!("{} {}", event.resource_type, shown(&event.resource_id))),
        event.organization_name.or(event.organization),
        event.request_id.map(|id| id.to_string()),
    ]
}

/// One event is one line, whatever characters a name has.
fn shown(text: &str) -> String {
    text.chars().flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect()
}

fn instant(text: &str) -> std::result::Result<Timestamp, String> {
    Timestamp::parse(text).ok_or_else(|| "write it as 2030-01-02T03:04:05Z".to_owned())
}
