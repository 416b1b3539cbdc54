//! The table of the mail server.

use std::{net::IpAddr, path::PathBuf};

use serde::Deserialize;

use super::{broken, http::is_host};
use crate::model::Result;

/// By which server e-mail is sent. Without it there is no e-mail.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Smtp {
    /// Its name or address.
    pub host: String,
    /// Its port: 587, 465 or 25 by what protects the connection, when absent.
    pub port: Option<u16>,
    /// What protects the connection.
    #[serde(default)]
    pub tls: TlsWord,
    /// Whom messages are from, such as `Sloop <sloop@example.com>`.
    pub from: String,
    /// Whom the server knows this host as; nobody when absent.
    pub user: Option<String>,
    /// A file with that user's password, which nobody else may read.
    pub password_file: Option<PathBuf>,
}

/// What protects a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TlsWord {
    /// TLS that begins in the middle of the conversation.
    #[default]
    StartTls,
    /// TLS from the first byte on.
    Implicit,
    /// Nothing.
    None,
}

impl Smtp {
    /// The server's port.
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(match self.tls {
            TlsWord::StartTls => 587,
            TlsWord::Implicit => 465,
            TlsWord::None => 25,
        })
    }

    /// The user and the file with their password.
    pub fn login(&self) -> Option<(String, PathBuf)> {
        self.user.clone().zip(self.password_file.clone())
    }

    /// What no type shows.
    pub(super) fn check(&self) -> Result<()> {
        if !is_host(&self.host) {
            return Err(broken(format!(
                "smtp.host: {:?} must be a name or an address, without a port",
                self.host
            )));
        }
        if self.port == Some(0) {
            return Err(broken("smtp.port must be between 1 and 65535".into()));
        }
        if !self.from.contains('@') {
            return Err(broken(format!("smtp.from: {:?} must be an e-mail address", self.from)));
        }
        if self.user.is_some() != self.password_file.is_some() {
            return Err(broken("smtp.user and smtp.password_file belong together".into()));
        }
        if let Some(file) = self.password_file.as_ref().filter(|file| !file.is_absolute()) {
            return Err(broken(format!("smtp.password_file: {} must be an absolute path", file.display())));
        }
        if self.tls == TlsWord::None && self.user.is_some() && !self.is_here() {
            return Err(broken(
                "smtp.tls: with \"none\" everybody on the way would read the password: use \"starttls\" or \"implicit\""
                    .into(),
            ));
        }
        Ok(())
    }

    fn is_here(&self) -> bool {
        self.host == "localhost" || self.host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

#[cfg(test)]
mod tests {
    use super::super::Config;
    use super::*;

    fn parsed(text: &str) -> Smtp {
        let config =
            Config::parse(&format!("[smtp]\nhost = 'mail.example.com'\nfrom = 'a@example.com'\n{text}"));
        config.expect("sound").smtp.expect("there")
    }

    #[test]
    fn there_is_no_mail_server_unless_one_is_named() {
        assert!(Config::parse("").expect("sound").smtp.is_none());
    }

    #[test]
    fn a_connection_is_protected_unless_it_is_said() {
        let smtp = parsed("");
        assert_eq!((smtp.tls, smtp.port()), (TlsWord::StartTls, 587));
        assert_eq!(parsed("tls = 'implicit'").port(), 465);
        assert_eq!(parsed("tls = 'none'").port(), 25);
        assert_eq!(parsed("tls = 'none'\nport = 2525").port(), 2525);
        assert_eq!(smtp.login(), None);
        let login = parsed("user = 'sloop'\npassword_file = '/etc/sloop/smtp'").login();
        assert_eq!(login, Some(("sloop".into(), "/etc/sloop/smtp".into())));
    }

    #[test]
    fn broken_values_are_refused_by_name() {
        let sound = "host = 'mail.example.com'\nfrom = 'a@example.com'\n";
        for (text, word) in [
            (String::new(), "host"),
            ("host = 'mail.example.com'".into(), "from"),
            ("host = ''\nfrom = 'a@example.com'".into(), "smtp.host"),
            ("host = 'mail:25'\nfrom = 'a@example.com'".into(), "smtp.host"),
            ("host = 'mail'\nfrom = 'a'".into(), "smtp.from"),
            (format!("{sound}port = 0"), "smtp.port"),
            (format!("{sound}port = 70000"), "port"),
            (format!("{sound}tls = 'perhaps'"), "perhaps"),
            (format!("{sound}user = 'a'"), "smtp.password_file"),
            (format!("{sound}password_file = '/a'"), "smtp.user"),
            (format!("{sound}user = 'a'\npassword_file = 'a'"), "absolute"),
            (format!("{sound}user = 'a'\npassword_file = '/a'\ntls = 'none'"), "smtp.tls"),
            (format!("{sound}password = 'a'"), "password"),
        ] {
            let error = Config::parse(&format!("[smtp]\n{text}")).expect_err(&text);
            assert!(error.message.contains(word), "{text:?} gave {error}");
        }
        let here = "[smtp]\nhost = '127.0.0.1'\nfrom = 'a@b'\ntls = 'none'\nuser = 'a'\npassword_file = '/a'";
        Config::parse(here).expect("nobody is on the way");
    }
}
