//! Compiles the contract with protox, so that no `protoc` is needed.

use std::path::{Path, PathBuf};

use prost::Message as _;
use tonic_prost_build::FileDescriptorSet;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir("sloop/v1")? {
        let path = entry?.path();
        if path.extension().is_some_and(|ext| ext == "proto") {
            files.push(path);
        }
    }
    files.sort();
    println!("cargo:rerun-if-changed=sloop/v1");

    // The comments become the code's; what is embedded, and held in memory by every daemon, does without them.
    let out = std::env::var("OUT_DIR")?;
    std::fs::write(Path::new(&out).join("sloop.v1.bin"), compile(&files, false)?)?;
    let set = FileDescriptorSet::decode(compile(&files, true)?.as_slice())?;
    tonic_prost_build::configure().compile_fds(set)?;
    Ok(())
}

/// The encoded descriptors. Not taken apart and put together again: that would lose the extensions that options bear.
fn compile(files: &[PathBuf], comments: bool) -> Result<Vec<u8>, Failure> {
    let mut compiler = protox::Compiler::new(["."])?;
    compiler.include_source_info(comments).include_imports(true).open_files(files)?;
    Ok(compiler.encode_file_descriptor_set())
}
