use super::*;

fn level(name: &str, open: &[&str], close: &[&str], also: &[&str], latest: &[&str]) -> Level {
    Level {
        name: name.into(),
        keys: texts(&[name]),
        open: texts(open),
        close: texts(close),
        also: texts(also),
        latest: latest.iter().map(|&kind| Latest { kind: kind.into(), keys: texts(&["id"]) }).collect(),
        ..Level::default()
    }
}

fn check(levels: Vec<Level>, expected: Result<(), RulesError>) {
    let made = ScopeRules::new(Definition { levels, ..Definition::default() });
    assert_eq!(made.map(|_| ()), expected);
}

#[test]
fn a_definition_without_sense_is_refused_by_name() {
    let two = |kind: &str| Err(RulesError::TwoMeanings { kind: kind.into() });
    check(vec![], Ok(()));
    check(vec![level("a", &["A", "A2"], &["Z"], &["X"], &["X", "Y"])], Ok(()));
    check(vec![level("a", &[], &["Z"], &[], &[])], Err(RulesError::NothingOpens { level: "a".into() }));
    check(vec![level("a", &["A"], &["A"], &[], &[])], two("A"));
    check(vec![level("a", &["A"], &[], &["A"], &[])], two("A"));
    check(vec![level("a", &["A", "A"], &[], &[], &[])], two("A"));
    check(vec![level("a", &["A"], &["Z"], &[], &[]), level("b", &["B"], &["Z"], &[], &[])], two("Z"));
    check(vec![level("a", &["A"], &[], &["X"], &[]), level("b", &["B"], &[], &["X"], &[])], two("X"));
    check(
        vec![level("a", &["A"], &[], &[], &[]), level("a", &["B"], &[], &[], &[])],
        Err(RulesError::SameName { name: "a".into() }),
    );
    check(vec![level("a", &["A"], &[""], &[], &[])], Err(RulesError::EmptyType { level: "a".into() }));
    check(
        vec![level("a", &["A"], &[], &[], &["X", "X"])],
        Err(RulesError::LatestTwice { level: "a".into(), kind: "X".into() }),
    );
    check(
        vec![level("a", &["A"], &[], &[], &["B"]), level("b", &["B"], &[], &[], &[])],
        Err(RulesError::LatestOpensOrCloses { level: "a".into(), kind: "B".into() }),
    );
    let deep = |levels: usize| {
        (0..levels).map(|n| level(&n.to_string(), &[&format!("open {n}")], &[], &[], &[])).collect()
    };
    check(deep(LEVELS_MAX), Ok(()));
    check(deep(LEVELS_MAX + 1), Err(RulesError::TooManyLevels));
}

#[test]
fn the_same_type_may_be_latest_of_two_levels() {
    check(vec![level("a", &["A"], &[], &[], &["X"]), level("b", &["B"], &[], &[], &["X"])], Ok(()));
}

#[test]
fn latest_is_looked_for_in_the_level_that_the_event_belongs_to() {
    let mut outer = level("a", &["A"], &[], &["Both"], &["X", "Both"]);
    outer.latest[0].keys = texts(&["outer id"]);
    let levels = vec![outer, level("b", &["B"], &[], &[], &["X"])];
    let rules = ScopeRules::new(Definition { levels, ..Definition::default() }).unwrap();
    let keys = |kind, keys: &[Option<&str>]| rules.latest_keys(kind, keys).map(<[String]>::to_vec);
    assert_eq!(keys("X", &[Some("1"), Some("2")]), Some(texts(&["id"])));
    assert_eq!(keys("X", &[Some("1"), None]), Some(texts(&["outer id"])));
    assert_eq!(keys("X", &[Some("1")]), Some(texts(&["outer id"])));
    assert_eq!(keys("X", &[None, Some("2")]), None);
    assert_eq!(keys("X", &[]), None);
    assert_eq!(keys("Both", &[Some("1"), Some("2")]), Some(texts(&["id"])));
    assert_eq!(keys("B", &[Some("1"), Some("2")]), None);
    assert_eq!(keys("Y", &[Some("1"), Some("2")]), None);
}

#[test]
fn the_fingerprint_follows_each_part_of_a_definition() {
    let base = || {
        let mut base = level("a", &["A"], &["Z"], &["X"], &["Y"]);
        base.keys = texts(&["k", "l"]);
        Definition { kind: "/type".into(), ignore_case: false, levels: vec![base] }
    };
    let changes: [fn(&mut Definition); 14] = [
        |_| {},
        |d| d.kind.push('x'),
        |d| d.ignore_case = true,
        |d| d.levels[0].name.push('x'),
        |d| d.levels[0].keys = texts(&["kl"]),
        |d| d.levels[0].open.push("x".into()),
        |d| d.levels[0].close.clear(),
        |d| d.levels[0].concurrent = true,
        |d| d.levels[0].reopen = Reopen::Repeat,
        |d| d.levels[0].latest[0].kind.push('x'),
        |d| d.levels[0].latest[0].keys.push("x".into()),
        |d| d.levels[0].also.push("x".into()),
        |d| {
            let closing = std::mem::take(&mut d.levels[0].close);
            d.levels[0].also.extend(closing);
        },
        |d| d.levels.push(level("b", &["B"], &[], &[], &[])),
    ];
    let mut seen = HashSet::new();
    for (number, change) in changes.iter().enumerate() {
        let mut definition = base();
        change(&mut definition);
        let fingerprint = ScopeRules::new(definition).unwrap().fingerprint();
        assert!(seen.insert(fingerprint), "change {number}");
    }
}

#[test]
fn the_fingerprint_is_the_same_in_every_build() {
    assert_eq!(ScopeRules::competition().fingerprint(), 17_638_232_429_482_054_757);
}
