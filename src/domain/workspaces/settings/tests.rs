use super::*;

fn problems(fields: SettingsFields) -> Vec<String> {
    let mut problems = Problems::default();
    fields.check(true, &mut problems);
    let error = problems.finish().err();
    error.map_or_else(Vec::new, |error| error.problems.into_iter().map(|problem| problem.detail).collect())
}

#[test]
fn what_is_absent_stays_and_null_is_the_default() {
    let changed = SettingsFields {
        allow_destroy_plan: Field::Value(false),
        terraform_version: Field::Value("1.9.0".to_owned()),
        working_directory: Field::Value("infra".to_owned()),
        ..SettingsFields::default()
    }
    .applied_to(WorkspaceSettings::default());
    assert!(!changed.allow_destroy_plan && changed.speculative_enabled);
    let reset =
        SettingsFields { allow_destroy_plan: Field::Null, terraform_version: Field::Null, ..SettingsFields::default() }
            .applied_to(changed);
    let expected = WorkspaceSettings { working_directory: "infra".to_owned(), ..WorkspaceSettings::default() };
    assert_eq!(reset, expected);
}

#[test]
fn the_newer_trigger_displaces_the_older() {
    let triggers = || Field::Value(vec!["modules".to_owned()]);
    let with_prefixes = WorkspaceSettings { trigger_prefixes: vec!["a".to_owned()], ..Default::default() };
    let patterns = SettingsFields { trigger_patterns: triggers(), ..SettingsFields::default() };
    let after = patterns.displacing_triggers(false).applied_to(with_prefixes.clone());
    assert_eq!((after.trigger_patterns.len(), after.trigger_prefixes.len()), (1, 0));
    let after = SettingsFields::default().displacing_triggers(true).applied_to(with_prefixes.clone());
    assert!(after.trigger_prefixes.is_empty());
    let after = SettingsFields::default().displacing_triggers(false).applied_to(with_prefixes.clone());
    assert_eq!(after, with_prefixes);
}

#[test]
fn an_empty_list_of_triggers_displaces_the_other_kind_too() {
    let of_patterns = WorkspaceSettings { trigger_patterns: vec!["a".to_owned()], ..Default::default() };
    for given in [Field::Value(vec![]), Field::Null] {
        let fields = SettingsFields { trigger_prefixes: given, ..SettingsFields::default() };
        assert!(fields.displacing_triggers(false).applied_to(of_patterns.clone()).trigger_patterns.is_empty());
    }
    let both = SettingsFields {
        trigger_prefixes: Field::Value(vec![]),
        trigger_patterns: Field::Value(vec!["b".to_owned()]),
        ..SettingsFields::default()
    };
    assert_eq!(both.displacing_triggers(false).applied_to(of_patterns).trigger_patterns, ["b"]);
}

#[test]
fn a_new_tags_regex_turns_file_triggers_off() {
    let before = WorkspaceSettings::default();
    let after = SettingsFields::default().displacing_triggers(true).applied_to(before.clone());
    assert!(before.file_triggers_enabled && !after.file_triggers_enabled);
}

#[test]
fn patterns_need_file_triggers_and_prefixes_do_not() {
    let settled = |before: &WorkspaceSettings, fields: SettingsFields| {
        let mut problems = Problems::default();
        fields.displacing_triggers(false).settled(before, &None, &mut problems);
        problems.finish().is_ok()
    };
    let (new, list) = (WorkspaceSettings::default(), || Field::Value(vec!["a".to_owned()]));
    let off = || SettingsFields { file_triggers_enabled: Field::Value(false), ..SettingsFields::default() };
    assert!(!settled(&new, SettingsFields { trigger_patterns: list(), ..off() }));
    assert!(settled(&new, SettingsFields { trigger_prefixes: list(), ..off() }));
    let of_patterns = WorkspaceSettings { trigger_patterns: vec!["a".to_owned()], ..Default::default() };
    assert!(!settled(&of_patterns, off()));
    assert!(settled(&of_patterns, SettingsFields { trigger_prefixes: Field::Value(vec![]), ..off() }));
    let without = WorkspaceSettings { file_triggers_enabled: false, ..Default::default() };
    let patterns = || SettingsFields { trigger_patterns: list(), ..SettingsFields::default() };
    assert!(!settled(&without, patterns()));
    assert!(settled(&without, SettingsFields { file_triggers_enabled: Field::Value(true), ..patterns() }));
}

#[test]
fn a_workspace_goes_by_a_time_or_a_duration_or_its_project() {
    const AT: &str = "2030-01-01T00:00:00.000Z";
    let text = |text: &str| Field::Value(text.to_owned());
    let project = Some("14d".to_owned());
    let settled =
        |before: &WorkspaceSettings, fields: SettingsFields| fields.settled(before, &project, &mut Problems::default());
    let shown = |of: &WorkspaceSettings| {
        let (at, duration) = (of.auto_destroy_at.clone(), of.auto_destroy_activity_duration.clone());
        (at, duration, of.inherits_project_auto_destroy)
    };
    let none = SettingsFields::default;
    let by_duration =
        settled(&WorkspaceSettings::default(), SettingsFields { auto_destroy_activity_duration: text("3d"), ..none() });
    assert_eq!(shown(&by_duration), (None, Some("3d".to_owned()), false));
    let by_time = settled(&by_duration, SettingsFields { auto_destroy_at: text(AT), ..none() });
    assert_eq!(shown(&by_time), (Some(AT.to_owned()), None, false));
    assert_eq!(shown(&settled(&by_time, none())), shown(&by_time));
    let back = settled(&by_time, SettingsFields { auto_destroy_at: Field::Null, ..none() });
    assert_eq!(shown(&back), (None, None, true));
    let inherits = |flag| SettingsFields { inherits_project_auto_destroy: Field::Value(flag), ..none() };
    assert_eq!(shown(&settled(&by_duration, inherits(true))), (None, None, true));
    assert_eq!(shown(&settled(&back, inherits(false))), (None, None, false));
    assert_eq!(shown(&settled(&by_time, inherits(false))), shown(&by_time));
    // What a client read is no wish of its own.
    let echo = SettingsFields { auto_destroy_activity_duration: text("14d"), ..inherits(true) };
    assert_eq!(shown(&settled(&back, echo)), (None, None, true));
    let other = SettingsFields { auto_destroy_activity_duration: text("5d"), ..inherits(true) };
    assert_eq!(shown(&settled(&back, other)), (None, Some("5d".to_owned()), false));
}

#[test]
fn versions_and_constraints() {
    for good in ["latest", "1", "1.9", "0.12.31", "1.9.0-rc1", "1.0.0+ent", "~> 1.9.0", ">= 1.2, < 2.0.0", "=1.0"] {
        assert!(is_version(good), "{good}");
    }
    let too_long = "1".repeat(256);
    for bad in
        ["", "nonexisting", "v1.0", "1.", "1..0", "1.2.3.4", "~>", "=> 1", "1.0,", "1.0-", "1 0", "1\n", &too_long]
    {
        assert!(!is_version(bad), "{bad:?}");
    }
}

#[test]
fn instants_are_kept_in_one_form() {
    let given = Field::Value("2030-01-01T02:00:00+02:00".to_owned());
    let fields = SettingsFields { auto_destroy_at: given, ..SettingsFields::default() };
    let after = fields.check(true, &mut Problems::default()).applied_to(WorkspaceSettings::default());
    assert_eq!(after.auto_destroy_at.as_deref(), Some("2030-01-01T00:00:00.000Z"));
    let no_instant = Field::Value("tomorrow".to_owned());
    assert_eq!(problems(SettingsFields { auto_destroy_at: no_instant, ..SettingsFields::default() }).len(), 1);
}
