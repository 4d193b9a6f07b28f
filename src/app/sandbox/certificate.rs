//! Creates a certificate for https on this machine for one run: an authority signs one certificate
//! and then drops its key. Clients trust the authority's file.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;

/// The server's side of https, and the authority that its clients trust.
pub(super) struct Certificate {
    pub(super) server: ServerConfig,
    authority: String,
}

impl Certificate {
    /// Creates one for `localhost`, the loopback addresses and the listening address.
    pub(super) fn for_address(address: IpAddr) -> anyhow::Result<Self> {
        let authority = authority().context("cannot create a certificate authority")?;
        let key = KeyPair::generate().context("cannot create a key")?;
        let mut names = vec!["localhost".to_owned(), "127.0.0.1".into(), "::1".into()];
        if !address.is_unspecified() && !address.is_loopback() {
            names.push(address.to_string());
        }
        let mut wanted = CertificateParams::new(names).context("the certificate has no name")?;
        wanted
            .distinguished_name
            .push(DnType::CommonName, "leadgate sandbox");
        wanted.key_usages.push(KeyUsagePurpose::DigitalSignature);
        wanted
            .extended_key_usages
            .push(ExtendedKeyUsagePurpose::ServerAuth);
        // strict clients require the authority's key identifier
        wanted.use_authority_key_identifier_extension = true;
        let signed = wanted
            .signed_by(&key, &authority)
            .context("cannot sign the certificate")?;
        let server = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .context("no version of TLS is available")?
            .with_no_client_auth()
            .with_single_cert(vec![signed.der().clone()], key.into())
            .context("the certificate does not fit its key")?;
        Ok(Self {
            server,
            authority: authority.pem(),
        })
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
