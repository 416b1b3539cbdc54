//! E-mail: one message by one connection to the server that the administrator names.

use std::{
    io,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use lettre::{
    Address, Message,
    message::{
        Mailbox,
        header::{ContentType, HeaderName, HeaderValue},
    },
    transport::smtp::{
        Error as SmtpError,
        authentication::{Credentials, DEFAULT_MECHANISMS},
        client::{AsyncSmtpConnection, TlsParameters},
        extension::ClientId,
    },
};
use tokio::{fs::File, io::AsyncReadExt as _};
use uuid::Uuid;

use super::{
    render,
    words::{cause, failed, refused},
};
use crate::model::{AlarmNotice, Error, Notice, Result};

/// No password is longer: bytes.
const LONGEST_PASSWORD: u64 = 4096;
/// How long a server may take to say goodbye once it has the message.
const GOODBYE: Duration = Duration::from_secs(1);
/// Tells programs that answer letters not to answer this one (RFC 3834).
const AUTO_SUBMITTED: HeaderName = HeaderName::new_from_ascii_str("Auto-Submitted");

/// By which server e-mail is sent.
#[derive(Clone, Debug)]
pub struct Smtp {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// What protects the connection.
    pub tls: Tls,
    /// Whom messages are from: an address, or a name and an address in angle brackets.
    pub from: String,
    /// The user to log in as, and the file with their password; nobody where the server asks for nobody.
    pub login: Option<(String, PathBuf)>,
}

/// What protects a connection to a mail server. Where it is TLS, nothing is said to a server without it, nor to one whose
/// certificate this host does not trust.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    /// TLS that begins in the middle of the conversation.
    StartTls,
    /// TLS from the first byte on.
    Implicit,
    /// Nothing.
    None,
}

/// Sends e-mail.
pub(super) struct Mailer {
    settings: Smtp,
    from: Mailbox,
}

/// Reads somebody's address. It is one on one line, whatever else is to be said for it.
pub(super) fn recipient(address: &str) -> Result<Address> {
    let wrong = |why: String| {
        refused(format!("{address:?} is no e-mail address: {why}")).tip("write it like ann@example.com")
    };
    if address.contains(|one: char| one.is_control() || one.is_whitespace()) {
        return Err(wrong("it holds a space or a control character".to_owned()));
    }
    address.parse().map_err(|error: lettre::address::AddressError| wrong(error.to_string().to_lowercase()))
}

impl Mailer {
    /// Refuses settings by which nothing could be sent.
    pub(super) fn new(settings: Smtp) -> Result<Self> {
        let from: Mailbox = settings.from.parse().map_err(|error| {
            Error::internal(format!("smtp.from: {:?} is no e-mail address: {error}", settings.from))
                .tip("mend the configuration file")
        })?;
        Ok(Self { settings, from })
    }

    /// Sends it there, once.
    pub(super) async fn tell(&self, address: &str, notice: &Notice) -> Result<()> {
        let message = self.message(recipient(address)?, notice)?;
        let login = self.login().await?;
        let mut connection = self.connect(&hello(notice)).await.map_err(|error| self.failed(&error))?;
        if let Some(login) = login {
            connection.auth(DEFAULT_MECHANISMS, &login).await.map_err(|error| self.failed(&error))?;
        }
        let sent = connection.send(message.envelope(), &message.formatted()).await;
        sent.map_err(|error| self.failed(&error))?;
        // It has taken the message: whatever becomes of the rest, nothing is to be sent again.
        let _ = tokio::time::timeout(GOODBYE, connection.quit()).await;
        Ok(())
    }

    fn message(&self, to: Address, notice: &Notice) -> Result<Message> {
        let id = format!("<{}@{}>", Uuid::new_v4(), self.from.email.domain());
        Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(render::subject(notice))
            .message_id(Some(id))
            .raw_header(HeaderValue::new(AUTO_SUBMITTED, "auto-generated".to_owned()))
            .header(ContentType::TEXT_PLAIN)
            .body(render::text(notice))
            .map_err(|error| Error::internal(format!("a notice is no message: {error}")))
    }

    async fn login(&self) -> Result<Option<Credentials>> {
        let Some((user, file)) = &self.settings.login else { return Ok(None) };
        let password = password(file).await.map_err(|error| {
            failed(format!("smtp.password_file {}: {}", file.display(), cause(&error)))
                .tip("it holds one line, belongs to the daemon's user or root, and has the mode 0600")
        })?;
        Ok(Some(Credentials::new(user.clone(), password)))
    }

    async fn connect(&self, hello: &ClientId) -> Result<AsyncSmtpConnection, SmtpError> {
        let parameters = || TlsParameters::new(self.settings.host.clone());
        let (at_once, later) = match self.settings.tls {
            Tls::Implicit => (Some(parameters()?), None),
            Tls::StartTls => (None, Some(parameters()?)),
            Tls::None => (None, None),
        };
        let server = (self.settings.host.as_str(), self.settings.port);
        let mut connection = AsyncSmtpConnection::connect_tokio1(server, None, hello, at_once, None).await?;
        if let Some(parameters) = later {
            connection.starttls(parameters, hello).await?;
        }
        Ok(connection)
    }

    fn failed(&self, error: &SmtpError) -> Error {
        let why = match error.status() {
            Some(code) => format!("refuses: {code} {}", cause(error)),
            None => format!("cannot be used: {}", cause(error)),
        };
        failed(format!("the mail server {}:{} {why}", self.settings.host, self.settings.port))
    }
}

/// What this host calls itself: its name, if a server can read it as one.
fn hello(notice: &Notice) -> ClientId {
    let (Notice::Alarm(AlarmNotice { host, .. }) | Notice::Confirm { host, .. }) = notice;
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    if (1..=253).contains(&host.len()) && host.bytes().all(is_part) {
        ClientId::Domain(host.clone())
    } else {
        ClientId::default()
    }
}

/// The password in a file, read at each use, so that it can be changed while the daemon runs.
async fn password(file: &Path) -> io::Result<String> {
    let broken = |why: &str| io::Error::new(io::ErrorKind::InvalidData, why);
    let opened = File::open(file).await?;
    if opened.metadata().await?.permissions().mode() & 0o077 != 0 {
        return Err(broken("others than its owner can read it or write to it"));
    }
    let mut text = String::new();
    opened.take(LONGEST_PASSWORD + 1).read_to_string(&mut text).await?;
    let password = text.strip_suffix('\n').unwrap_or(&text);
    let password = password.strip_suffix('\r').unwrap_or(password);
    if password.is_empty() || text.len() as u64 > LONGEST_PASSWORD || password.contains(char::is_control) {
        return Err(broken("there is no password in it, or more than one line"));
    }
    Ok(password.to_owned())
}

#[cfg(test)]
mod tests;
