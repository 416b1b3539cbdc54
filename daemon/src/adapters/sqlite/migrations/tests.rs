/// The schema before disks were stacks, with an instance whose image is there and one that waits for it.
#[test]
fn instances_of_earlier_daemons_keep_their_disks() {
    let mut db = rusqlite::Connection::open_in_memory().expect("in memory");
    super::ALL.to_version(&mut db, 4).expect("the old schema");
    for (name, base) in [("web", "/images/tiny.qcow2"), ("new", "")] {
        let address = format!("172.26.0.{}", name.as_bytes()[0]);
        let sql = "INSERT INTO instances VALUES
            (?1, ?1, 'ann', 0, 'running', 'tiny', 'Tiny', 'nano_3_0', 2, 512, 20, 1024, 'admin', NULL, 'bios', ?2, ?3,
             NULL, '', '', '', '', '', '', 'done', '', NULL, 0, 1, 1, 0, NULL)";
        db.execute(sql, [name, base, &address]).expect("inserted");
    }
    super::ALL.to_latest(&mut db).expect("every step applies");
    let sql = "SELECT d.id, d.instance_id, d.slot, l.base, l.bytes, l.is_made FROM disks d JOIN layers l ON l.id = d.layer
               WHERE d.id = l.id ORDER BY d.id DESC";
    let mut statement = db.prepare(sql).expect("sound");
    let rows = statement.query_map([], |row| {
        let text = |column| row.get::<_, String>(column);
        Ok((
            text(0)?,
            text(1)?,
            row.get::<_, i64>(2)?,
            text(3)?,
            row.get::<_, i64>(4)?,
            row.get::<_, bool>(5)?,
        ))
    });
    let rows: Vec<_> = rows.expect("asked").collect::<Result<_, _>>().expect("read");
    let row =
        |name: &str, base: &str, made| (name.to_owned(), name.to_owned(), 0, base.to_owned(), 20 << 30, made);
    assert_eq!(rows, [row("web", "/images/tiny.qcow2", true), row("new", "", false)]);
}

#[test]
fn the_steps_are_sound() {
    super::ALL.validate().expect("every step applies");
}

#[test]
fn alarms_come_to_a_host_that_had_none_and_nothing_is_lost() {
    let mut db = rusqlite::Connection::open_in_memory().expect("in memory");
    super::ALL.to_version(&mut db, 11).expect("the old schema");
    db.execute("INSERT INTO names VALUES ('web', 'Instance', 'web')", []).expect("inserted");
    super::ALL.to_latest(&mut db).expect("every step applies");
    let count = |table: &str| {
        let sql = format!("SELECT count(*) FROM {table}");
        db.query_row(&sql, [], |row| row.get::<_, i64>(0)).expect("a table")
    };
    assert_eq!(["names", "alarms", "contact_methods", "letters"].map(count), [1, 0, 0, 0]);
}
