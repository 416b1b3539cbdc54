//! Compiles the contract with protox, so that no `protoc` is needed.

use std::path::Path;

use prost::Message as _;

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

    let descriptors = protox::Compiler::new(["."])?
        .include_source_info(true)
        .include_imports(true)
        .open_files(&files)?
        .encode_file_descriptor_set();
    let out = std::env::var("OUT_DIR")?;
    std::fs::write(Path::new(&out).join("sloop.v1.bin"), &descriptors)?;

    let set = prost_types_set(&descriptors)?;
    tonic_prost_build::configure().compile_fds(set)?;
    Ok(())
}

fn prost_types_set(bytes: &[u8]) -> Result<tonic_prost_build::FileDescriptorSet, Failure> {
    Ok(tonic_prost_build::FileDescriptorSet::decode(bytes)?)
}
