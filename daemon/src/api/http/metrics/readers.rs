//! Who may read metrics.

use std::{
    io,
    path::{Path, PathBuf},
};

use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use tokio::{fs::File, io::AsyncReadExt as _};

/// A token that is shorter can be guessed.
const SHORTEST: usize = 16;
/// None is longer, whatever the file is.
const LONGEST: usize = 4096;
/// So much of the file is read: a little more, so that one that is too long is not taken for its beginning.
const READ: u64 = 5000;

/// Who may read metrics, which tell of everybody's instances.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Readers {
    /// Whoever gets to the door.
    Everybody,
    /// Who brings the token that is in this file.
    WithToken(PathBuf),
    /// Nobody: they would need a token, and there is none.
    Nobody,
}

/// Why somebody may not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// They brought no token.
    NoToken,
    /// They brought another one.
    WrongToken,
    /// There is none that they could bring.
    NotConfigured,
    /// There is a file for it, and no token in it.
    Unusable,
}

impl Refusal {
    pub(super) fn sentence(self) -> &'static str {
        match self {
            Self::NoToken => "Metrics are told to who brings the token: Authorization: Bearer TOKEN.",
            Self::WrongToken => "This is not the token.",
            Self::NotConfigured => {
                "Metrics tell of everybody's instances, so here they are told only to who brings a token, and there is none yet: write one \
                 to a file that the daemon can read, and name that as metrics_token_file under [http] in its configuration."
            }
            Self::Unusable => {
                "Nobody can read metrics: there is no sound token in metrics_token_file. The daemon's log says what is wrong with it."
            }
        }
    }
}

impl Readers {
    /// Whether somebody may read who brought this as their authorisation. The file is read each time, so that a token can be
    /// changed while the daemon runs.
    pub(super) async fn admit(&self, brought: Option<&str>) -> Result<(), Refusal> {
        let file = match self {
            Self::Everybody => return Ok(()),
            Self::Nobody => return Err(Refusal::NotConfigured),
            Self::WithToken(file) => file,
        };
        let brought = brought.and_then(bearer).ok_or(Refusal::NoToken)?;
        let token = read(file).await.map_err(|error| {
            tracing::error!(file = %file.display(), %error, "http.metrics_token_file has no token, so that metrics are told to nobody");
            Refusal::Unusable
        })?;
        if is_same(brought, &token) { Ok(()) } else { Err(Refusal::WrongToken) }
    }
}

/// The token of `Bearer TOKEN`.
fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

async fn read(file: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(file).await?.take(READ).read_to_string(&mut text).await?;
    let token = text.trim();
    if !(SHORTEST..=LONGEST).contains(&token.len()) || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        let why = format!("a token has {SHORTEST} to {LONGEST} characters, all of them ASCII, and no spaces");
        return Err(io::Error::new(io::ErrorKind::InvalidData, why));
    }
    Ok(token.to_owned())
}

/// Takes as long for a wrong token as for a right one, whatever is right of it.
fn is_same(one: &str, other: &str) -> bool {
    let seal =
        |token: &str| Hmac::<Sha256>::new_from_slice(b"token").ok().map(|keyed| keyed.chain_update(token));
    let (Some(one), Some(other)) = (seal(one), seal(other)) else { return false };
    one.verify_slice(&other.finalize().into_bytes()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "0123456789abcdef0123";

    /// The outcome when a file says `text`, for each of those who bring something.
    async fn outcomes(text: &[u8], brought: &[Option<&str>]) -> Vec<Result<(), Refusal>> {
        let dir = tempfile::tempdir().expect("a directory");
        let file = dir.path().join("token");
        std::fs::write(&file, text).expect("written");
        let readers = Readers::WithToken(file);
        let mut outcomes = Vec::new();
        for brought in brought {
            outcomes.push(readers.admit(*brought).await);
        }
        outcomes
    }

    #[tokio::test]
    async fn who_brings_the_token_may_read() {
        let all = [format!("Bearer {TOKEN}"), format!("bearer  {TOKEN}"), format!("BEARER {TOKEN} ")];
        let brought = all.each_ref().map(|text| Some(text.as_str()));
        for text in [TOKEN.to_owned(), format!("{TOKEN}\n"), format!("\n  {TOKEN}\r\n")] {
            assert_eq!(outcomes(text.as_bytes(), &brought).await, [Ok(()); 3], "{text:?}");
        }
    }

    #[tokio::test]
    async fn nobody_else_may() {
        let none = [None, Some(""), Some(TOKEN), Some("Bearer"), Some("Basic MDEyMzQ1Njc4OWFiY2RlZjAxMjM=")];
        assert_eq!(outcomes(TOKEN.as_bytes(), &none).await, [Err(Refusal::NoToken); 5]);
        let wrong = ["Bearer ", "Bearer 0123456789abcdef012", "Bearer 0123456789abcdef01234", "Bearer X"];
        assert_eq!(outcomes(TOKEN.as_bytes(), &wrong.map(Some)).await, [Err(Refusal::WrongToken); 4]);
    }

    #[tokio::test]
    async fn a_file_without_a_sound_token_lets_nobody_in() {
        for text in [
            b"".as_slice(),
            b"\n",
            b"short",
            b"two words are no token",
            b"one-line-is-enough\nnot-two",
            b"\xff",
        ] {
            let brought = Some("Bearer short");
            assert_eq!(outcomes(text, &[brought]).await, [Err(Refusal::Unusable)], "{text:?}");
        }
        let long = "x".repeat(1 << 20);
        assert_eq!(outcomes(long.as_bytes(), &[Some("Bearer x")]).await, [Err(Refusal::Unusable)]);
        let gone = Readers::WithToken("/nonexistent/token".into());
        assert_eq!(gone.admit(Some("Bearer x")).await, Err(Refusal::Unusable));
        assert_eq!(Readers::Nobody.admit(Some("Bearer x")).await, Err(Refusal::NotConfigured));
        assert_eq!(Readers::Everybody.admit(None).await, Ok(()));
    }

    #[tokio::test]
    async fn a_token_can_be_changed() {
        let dir = tempfile::tempdir().expect("a directory");
        let file = dir.path().join("token");
        let readers = Readers::WithToken(file.clone());
        for token in [TOKEN, "another-token-of-length"] {
            std::fs::write(&file, token).expect("written");
            assert_eq!(readers.admit(Some(&format!("Bearer {token}"))).await, Ok(()));
        }
        assert_eq!(readers.admit(Some(&format!("Bearer {TOKEN}"))).await, Err(Refusal::WrongToken));
    }
}
