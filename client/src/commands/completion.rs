//! `sloop completion …`

use clap::Args;
use clap_complete::env::Shells;

use crate::failure::{Failure, Outcome};
use crate::output::print_raw;

/// Arguments of `completion`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  source <(sloop completion bash)
  sloop completion zsh > ~/.zfunc/_sloop
  sloop completion fish > ~/.config/fish/completions/sloop.fish")]
pub(crate) struct CompletionArgs {
    /// The shell
    #[arg(value_parser = ["bash", "elvish", "fish", "powershell", "zsh"])]
    shell: String,
}

/// Prints the script that makes a shell ask `sloop` itself, which knows the names of instances too.
pub(crate) fn run(args: &CompletionArgs) -> Outcome {
    let shells = Shells::builtins();
    let Some(shell) = shells.completer(&args.shell) else {
        return Err(Failure::usage(format!("no completion for {}", args.shell)));
    };
    let mut script = Vec::new();
    shell.write_registration("COMPLETE", "sloop", "sloop", "sloop", &mut script)?;
    print_raw(&script)?;
    Ok(0)
}
