use super::*;

fn graph(name: &'static str, dress: Dress, slots: &[Option<f64>], latest: &str) -> Graph {
    Graph { name, latest: latest.to_owned(), slots: slots.to_vec(), how: How::Mean, dress }
}

fn cpu(slots: &[Option<f64>], latest: &str) -> Graph {
    graph("CPUUtilization", Dress::Percent, slots, latest)
}

fn braille(columns: usize, rows: u16) -> Canvas {
    Canvas { columns, rows, glyphs: Glyphs::Braille }
}

fn ascii(columns: usize, rows: u16) -> Canvas {
    Canvas { columns, rows, glyphs: Glyphs::Ascii }
}

fn drawn(graphs: &[Graph], canvas: Canvas) -> String {
    draw(graphs, canvas).join("\n")
}

/// Upwards, two periods without a sample, and down to nothing.
const HILL: [Option<f64>; 10] = [
    Some(0.0),
    Some(10.0),
    Some(20.0),
    Some(30.0),
    Some(40.0),
    Some(50.0),
    None,
    None,
    Some(50.0),
    Some(0.0),
];

#[test]
fn a_gap_is_not_zero() {
    let wanted = "\
CPUUtilization     0 %
50 % │     ⣤⣴⣶⣿⣿   ⣿⡇
 0 % │⣀⣀⣶⣾⣿⣿⣿⣿⣿⣿   ⣿⣇⣀";
    assert_eq!(drawn(&[cpu(&HILL, "0 %")], braille(22, 2)), wanted);
    let wanted = "\
CPUUtilization     0 %
50 % |       ###   ##
     |     #####   ##
     |    ######   ##
 0 % |__########   ##_";
    assert_eq!(drawn(&[cpu(&HILL, "0 %")], ascii(22, 4)), wanted);
}

#[test]
fn where_nothing_is_known_there_are_only_axes() {
    let network = |slots: &[Option<f64>]| graph("NetworkIn", Dress::ByteRate, slots, "no data");
    let wanted = "\
NetworkIn              no data
1 KiB/s │
  0 B/s │";
    assert_eq!(drawn(&[network(&[None; 5])], braille(30, 2)), wanted);
    assert_eq!(drawn(&[network(&[])], ascii(30, 2)), wanted.replace('│', "|"));
    assert!(draw(&[], braille(30, 2)).is_empty());
}

#[test]
fn a_constant_is_a_plain() {
    let wanted = "\
CPUUtilization  50 %
50 % │⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿
     │⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿
 0 % │⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿";
    assert_eq!(drawn(&[cpu(&[Some(50.0); 6], "50 %")], braille(20, 3)), wanted);
    let wanted = "\
NetworkIn          0 B/s
1 KiB/s │
  0 B/s │⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀";
    let nothing = graph("NetworkIn", Dress::ByteRate, &[Some(0.0); 4], "0 B/s");
    assert_eq!(drawn(&[nothing], braille(24, 2)), wanted);
}

#[test]
fn a_single_point_stands_where_it_was() {
    let slots = [None, None, None, Some(80.0), None, None, None];
    let wanted = "\
CPUUtilization  80 %, 3m ago
100 % |        ##
  0 % |        ##";
    assert_eq!(drawn(&[cpu(&slots, "80 %, 3m ago")], ascii(24, 2)), wanted);
}

#[test]
fn huge_values_leave_their_neighbours_in_line() {
    let huge = graph("NetworkIn", Dress::ByteRate, &[Some(1e300), Some(5e299)], "5e281 EiB/s");
    let wanted = "\
NetworkIn        5e281 EiB/s
9e281 EiB/s |########
      0 B/s |###############
CPUUtilization         100 %
      100 % |###############
        0 % |###############";
    assert_eq!(drawn(&[huge, cpu(&[Some(100.0); 2], "100 %")], ascii(28, 2)), wanted);
}

#[test]
fn one_row_has_both_ends_of_the_axis_before_it() {
    let slots = [Some(0.0), Some(0.0), Some(1.0), None, Some(0.0)];
    let checks = Graph { how: How::Peak, ..graph("StatusCheckFailed", Dress::Check, &slots, "passed") };
    let network = graph("NetworkIn", Dress::ByteRate, &[Some(100.0), Some(2000.0)], "2 KiB/s");
    let wanted = "\
StatusCheckFailed         passed
passed..failed |_______###   ___
NetworkIn                2 KiB/s
0 B/s..2 KiB/s |################";
    assert_eq!(drawn(&[checks, network], ascii(32, 1)), wanted);
}

#[test]
fn a_narrow_terminal_still_gets_a_graph() {
    let burst = graph("BurstCapacityPercentage", Dress::Percent, &[Some(99.0); 20], "99 %");
    let wanted = "\
BurstCapacityPercentage  99 %
100 % │⣿⣿⣿⣿⣿⣿⣿⣿
  0 % │⣿⣿⣿⣿⣿⣿⣿⣿";
    assert_eq!(drawn(std::slice::from_ref(&burst), braille(5, 2)), wanted);
    assert_eq!(drawn(&[burst], braille(0, 0)).lines().count(), 2);
}

#[test]
fn a_wide_terminal_is_used() {
    let slots: Vec<_> = (0..120u32).map(|place| Some(f64::from(place % 11) * 250.0)).collect();
    let wanted = "\
DiskReadOps                                                                                   2.5k/s
2.5k/s │    ⣀⣤⣴⣿⡇   ⢀⣠⣤⣾⣿    ⣠⣤⣶⣿⡇   ⢀⣤⣴⣾⣿    ⣠⣤⣶⣿⡇   ⣀⣤⣴⣾⣿   ⢀⣠⣤⣾⣿⡇   ⣀⣤⣴⣿⡇   ⢀⣠⣤⣾⣿    ⣠⣤⣴⣿⡇   ⢀⣤⣴⣾
   0/s │⣀⣤⣾⣿⣿⣿⣿⣿⣇⣠⣶⣿⣿⣿⣿⣿⣿⣀⣴⣾⣿⣿⣿⣿⣿⣇⣠⣶⣿⣿⣿⣿⣿⣿⣠⣴⣾⣿⣿⣿⣿⣿⣇⣤⣾⣿⣿⣿⣿⣿⣿⣠⣴⣿⣿⣿⣿⣿⣿⣇⣤⣾⣿⣿⣿⣿⣿⣇⣠⣶⣿⣿⣿⣿⣿⣿⣀⣴⣾⣿⣿⣿⣿⣿⣇⣠⣶⣿⣿⣿⣿⣿";
    assert_eq!(drawn(&[graph("DiskReadOps", Dress::CountRate, &slots, "2.5k/s")], braille(100, 2)), wanted);
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    for columns in [24, 80, 133] {
        for rows in 1..6 {
            for canvas in [braille(columns, rows), ascii(columns, rows)] {
                let lines = draw(&[cpu(&HILL, "0 %")], canvas);
                assert_eq!(lines.len(), usize::from(rows) + 1);
                assert!(lines.iter().all(|line| line.chars().count() <= columns), "{lines:#?}");
                assert_eq!(lines.iter().any(|line| !line.is_ascii()), canvas.glyphs == Glyphs::Braille);
            }
        }
    }
}
