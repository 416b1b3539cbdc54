//! Images on a host without a way out: what is here works, what is not says so at once, and a file is as good as a network.

use anyhow::{Context as _, Result, ensure};
use sloop_lab::Lab;

#[test]
fn without_a_route_a_download_says_so_at_once_and_the_rest_works() -> Result<()> {
    let lab = Lab::real()?;
    let launch = lab.sloop(&["launch", "web", "--blueprint", "ubuntu_24_04"])?;
    ensure!(launch.code == 5 && launch.stderr.contains("no route to other networks"), "{launch}");
    ensure!(launch.stderr.contains("sloop image import"), "it does not say what to do: {launch}");
    let pull = lab.sloop(&["image", "pull", "debian_13"])?;
    ensure!(pull.code != 0 && pull.stderr.contains("no route"), "{pull}");
    ensure!(lab.leftovers()?.is_empty(), "{:?}", lab.leftovers()?);
    lab.must(&["launch", "here", "--blueprint", "tiny", "--bundle", "tiny_1_0"])?;
    ensure!(lab.must(&["ssh", "here", "--", "hostname"])?.trim() == "here");
    Ok(())
}

#[test]
fn an_image_goes_from_host_to_host_as_a_file() -> Result<()> {
    let lab = Lab::real()?;
    let file = lab.dir().join("tiny.qcow2").display().to_string();
    lab.must(&["image", "export", "tiny", &file])?;
    let sum = std::fs::read_to_string(format!("{file}.sha256"))?;
    let digest = sum.split_whitespace().next().context("a digest")?;
    let (flag, right) = ("--digest", digest.to_owned());
    let wrong =
        lab.sloop(&["image", "import", &file, "--name", "mine", "--user", "admin", flag, &"0".repeat(64)])?;
    ensure!(wrong.code == 2 && wrong.stderr.contains("its digest is"), "{wrong}");
    lab.must(&["image", "import", &file, "--name", "mine", "--user", "admin", flag, &right])?;
    lab.must(&["launch", "own", "--blueprint", "mine"])?;
    ensure!(lab.must(&["ssh", "own", "--", "hostname"])?.trim() == "own");
    let used = lab.sloop(&["image", "remove", "mine", "--yes"])?;
    ensure!(used.code == 4 && used.stderr.contains("own"), "an image in use was removed: {used}");
    lab.must(&["image", "verify", "mine"])?;
    lab.must(&["rm", "own", "--yes"])?;
    lab.must(&["image", "remove", "mine", "--yes"])?;
    let gone = lab.sloop(&["launch", "own", "--blueprint", "mine"])?;
    ensure!(gone.code == 2, "{gone}");
    ensure!(lab.leftovers()?.is_empty(), "{:?}", lab.leftovers()?);
    Ok(())
}
