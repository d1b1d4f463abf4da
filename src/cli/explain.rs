//! What is said where the command line itself, or a variable, makes no sense.

use std::collections::BTreeSet;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue};

use super::demo::variables::DEMO_PROVIDERS;
use super::output;
use crate::domain::nearest::nearest;

/// Every variable of ours begins so.
const PREFIX: &str = "BOWLINE_";

/// Help and version as they are; of a mistake the first paragraph and what was probably meant, as one sentence.
pub fn explain(error: &clap::Error) -> ExitCode {
    use clap::error::ErrorKind::{DisplayHelp, DisplayHelpOnMissingArgumentOrSubcommand, DisplayVersion};
    if matches!(error.kind(), DisplayHelp | DisplayVersion | DisplayHelpOnMissingArgumentOrSubcommand) {
        // There is nothing to be done if it cannot be printed.
        let _ = error.print();
    } else {
        let rendered = error.render().to_string();
        let words: Vec<&str> = rendered.lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
        let sentence = words.join(" ");
        let more = match (suggestion(error), empty_variable(error)) {
            (Some(meant), _) => format!("; did you mean {meant}? Try --help."),
            (None, Some(name)) => format!("; the variable {name} is set, and empty. Unset it, or try --help."),
            (None, None) => "; try --help.".to_owned(),
        };
        output::say(&format!("bowline: {}{more}", sentence.trim_start_matches("error: ")));
    }
    if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS }
}

fn suggestion(error: &clap::Error) -> Option<String> {
    let kinds = [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand, ContextKind::SuggestedValue];
    let found = kinds.into_iter().find_map(|kind| error.get(kind))?;
    match found {
        ContextValue::String(meant) => Some(meant.clone()),
        ContextValue::Strings(meant) => meant.last().cloned(),
        _ => None,
    }
}

/// Where a value is missing: the flag's variable, if that is where the empty one comes from.
fn empty_variable(error: &clap::Error) -> Option<String> {
    let Some(ContextValue::String(flag)) = error.get(ContextKind::InvalidArg) else { return None };
    let long = flag.strip_prefix("--")?.split([' ', '=']).next()?;
    let name = format!("{PREFIX}{}", long.to_uppercase().replace('-', "_"));
    let is_empty = std::env::var_os(&name).is_some_and(|value| value.is_empty());
    let is_given = std::env::args_os().any(|word| word.to_string_lossy().starts_with(&format!("--{long}")));
    (is_empty && !is_given).then_some(name)
}

/// A warning for each variable that looks like one of ours and is none: a server that ignored it in silence would run with
/// other settings than it was given.
pub fn warn_of_unknown_variables(definition: &clap::Command) {
    let known = variables(definition);
    let set = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let is_unknown = |name: &String| name.starts_with(PREFIX) && !known.contains(name) && name != DEMO_PROVIDERS;
    for name in set.filter(is_unknown) {
        match nearest(&name, known.iter().map(String::as_str)) {
            Some(meant) => log::warn!("the variable {name} has no effect; did you mean {meant}?"),
            None => log::warn!("the variable {name} has no effect; `bowline COMMAND --help` names those that do"),
        }
    }
}

fn variables(command: &clap::Command) -> BTreeSet<String> {
    let own = command.get_arguments().filter_map(|argument| argument.get_env()?.to_str().map(str::to_owned));
    own.chain(command.get_subcommands().flat_map(variables)).collect()
}
