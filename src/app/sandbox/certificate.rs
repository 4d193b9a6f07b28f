//! Creates a certificate for https on this machine for one run: an authority signs one certificate
//! and then drops its key. Clients trust the authority's file.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;

use crate::domain::failed;

/// The server's side of https, and the authority that its clients trust.
pub(super) struct Certificate {
    pub(super) server: ServerConfig,
    authority: String,
}

impl Certificate {
    /// Creates one for `localhost`, the loopback addresses and the listening address.
    pub(super) fn for_address(address: IpAddr) -> anyhow::Result<Self> {
        let authority = authority().map_err(failed(
            "cannot create a certificate authority",
            "не удаётся создать центр сертификации",
        ))?;
        let key = KeyPair::generate()
            .map_err(failed("cannot create a key", "не удаётся создать ключ"))?;
        let mut names = vec!["localhost".to_owned(), "127.0.0.1".into(), "::1".into()];
        if !address.is_unspecified() && !address.is_loopback() {
            names.push(address.to_string());
        }
        let mut wanted = CertificateParams::new(names).map_err(failed(
            "the certificate has no name",
            "у сертификата нет имени",
        ))?;
        wanted
            .distinguished_name
            .push(DnType::CommonName, "leadgate sandbox");
        wanted.key_usages.push(KeyUsagePurpose::DigitalSignature);
        wanted
            .extended_key_usages
            .push(ExtendedKeyUsagePurpose::ServerAuth);
        // strict clients require the authority's key identifier
        wanted.use_authority_key_identifier_extension = true;
        let signed = wanted.signed_by(&key, &authority).map_err(failed(
            "cannot sign the certificate",
            "не удаётся подписать сертификат",
        ))?;
        let server = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(failed(
                "no version of TLS is available",
                "нет ни одной версии TLS",
            ))?
            .with_no_client_auth()
            .with_single_cert(vec![signed.der().clone()], key.into())
            .map_err(failed(
                "the certificate does not fit its key",
                "сертификат не подходит к ключу",
            ))?;
        Ok(Self {
            server,
            authority: authority.pem(),
        })
    }

    /// Returns the authority's certificate, as PEM.
    pub(super) fn authority(&self) -> &str {
        &self.authority
    }

    /// Writes the authority's certificate to a file. An old file is removed first: in a shared
    /// folder it could be another user's link.
    pub(super) fn publish(&self, file: &Path) -> std::io::Result<()> {
        match std::fs::remove_file(file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut fresh = OpenOptions::new().write(true).create_new(true).open(file)?;
        fresh.write_all(self.authority.as_bytes())
    }
}

fn authority() -> Result<CertifiedIssuer<'static, KeyPair>, rcgen::Error> {
    let mut wanted = CertificateParams::new(Vec::new())?;
    wanted.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    wanted
        .distinguished_name
        .push(DnType::CommonName, "leadgate sandbox authority");
    wanted.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    CertifiedIssuer::self_signed(wanted, KeyPair::generate()?)
}
