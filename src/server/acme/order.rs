//! One attempt: from an account to a certificate, through an order that survives a restart.

use super::certificate::Certificate;
use super::fault::{Fault, Kind, words};
use super::identity::{Proof, Shown};
use super::schedule::{self, Failures};
use super::settings::{Challenge, Settings, Subject};
use super::shelf::{self, Pending, Shelf};
use super::transport::Transport;
use instant_acme::{
    Account, AuthorizationStatus, CertificateIdentifier, ChallengeHandle, ChallengeStatus, ChallengeType,
    Error, ExternalAccountKey, Identifier, NewAccount, NewOrder, Order, OrderStatus, RetryPolicy,
};
use rcgen::{CertificateParams, DistinguishedName, KeyPair};
use std::time::{Duration, SystemTime};

/// How often an attempt goes on after nonces that were not taken.
const NONCES: usize = 20;

/// How long an authority is waited for, for the proofs and for the certificate each.
const PATIENCE: RetryPolicy = RetryPolicy::new()
    .initial_delay(Duration::from_millis(500))
    .backoff(1.5)
    .timeout(Duration::from_secs(180));

/// What an attempt needs.
pub(super) struct Attempt<'a> {
    pub(super) settings: &'a Settings,
    pub(super) transport: &'a Transport,
    pub(super) shelf: &'a mut Shelf,
    pub(super) shown: &'a Shown,
    pub(super) now: SystemTime,
    /// What the new certificate comes instead of, for an authority that wants to know (RFC 9773 §5).
    pub(super) replaces: Option<&'a CertificateIdentifier<'static>>,
}

/// The account at the settings' directory: the one that was kept, or a new one.
pub(super) async fn account(
    settings: &Settings,
    transport: &Transport,
    shelf: &mut Shelf,
) -> Result<Account, Fault> {
    let builder = || Account::builder_with_http(Box::new(transport.clone()));
    let contact: Vec<&str> = settings.contact.iter().map(String::as_str).collect();
    if let Some(kept) = shelf.notes.accounts.get(&settings.directory) {
        let credentials = serde_json::from_value(kept.credentials.clone()).map_err(Error::from)?;
        let account = builder().from_credentials(credentials).await?;
        if kept.contact != settings.contact {
            account.update_contacts(&contact).await?;
            if let Some(kept) = shelf.notes.accounts.get_mut(&settings.directory) {
                kept.contact.clone_from(&settings.contact);
            }
            shelf.save().await.map_err(Fault::own)?;
        }
        return Ok(account);
    }
    let binding = settings
        .binding
        .as_ref()
        .and_then(|binding| Some(ExternalAccountKey::new(binding.key_id.clone(), &binding.octets()?)));
    let new = NewAccount { contact: &contact, terms_of_service_agreed: true, only_return_existing: false };
    let (account, credentials) = builder().create(&new, settings.directory.clone(), binding.as_ref()).await?;
    let credentials = serde_json::to_value(&credentials).map_err(Error::from)?;
    let kept = shelf::Account { credentials, contact: settings.contact.clone() };
    shelf.notes.accounts.insert(settings.directory.clone(), kept);
    shelf.save().await.map_err(Fault::own)?;
    Ok(account)
}

impl Attempt<'_> {
    /// Gets a certificate, and keeps it; besides, what went wrong in keeping it.
    pub(super) async fn run(mut self) -> Result<(Certificate, Option<String>), Fault> {
        let mut nonces = 0;
        loop {
            let fault = match self.once().await {
                Ok(got) => return Ok(got),
                Err(fault) => fault,
            };
            match fault.kind {
                Kind::Nonce if nonces < NONCES => nonces += 1,
                Kind::Account if nonces < NONCES => {
                    // It was deleted, or the authority begins anew: so do we, once.
                    nonces = NONCES;
                    self.shelf.notes.accounts.remove(&self.settings.directory);
                    self.shelf.notes.order = None;
                }
                Kind::Nonce | Kind::Unheard => return Err(fault),
                Kind::Account | Kind::Refused => {
                    self.shelf.notes.order = None;
                    return Err(fault);
                }
            }
        }
    }

    async fn once(&mut self) -> Result<(Certificate, Option<String>), Fault> {
        let account = account(self.settings, self.transport, self.shelf).await?;
        let (mut order, key) = self.order(&account).await?;
        if order.state().status == OrderStatus::Pending {
            self.prove(&mut order).await?;
        }
        if order.state().status == OrderStatus::Ready {
            let mut params = CertificateParams::new(self.subjects()).map_err(|error| own(&error))?;
            params.distinguished_name = DistinguishedName::new();
            let request = params.serialize_request(&key).map_err(|error| own(&error))?;
            order.finalize_csr(request.der()).await?;
        }
        let chain = match order.state().status {
            OrderStatus::Valid => order.certificate().await?,
            OrderStatus::Invalid => return Err(over(&mut order)),
            OrderStatus::Pending | OrderStatus::Ready | OrderStatus::Processing => {
                Some(order.poll_certificate(&PATIENCE).await?)
            }
        };
        let chain = chain.ok_or_else(|| Fault::own("the certificate authority is not done yet"))?;
        self.take(format!("{}{chain}", key.serialize_pem())).await
    }

    /// The order that was under way when the last attempt ended, or a new one.
    async fn order(&mut self, account: &Account) -> Result<(Order, KeyPair), Fault> {
        let subjects = self.subjects();
        let same =
            |pending: &Pending| pending.directory == self.settings.directory && pending.subjects == subjects;
        if let Some(pending) = self.shelf.notes.order.clone().filter(same)
            && let Ok(key) = KeyPair::from_pem(&pending.key)
        {
            match account.order(pending.url).await {
                Ok(mut order) => {
                    // One that failed or ran out is over.
                    if order.state().status != OrderStatus::Invalid {
                        return Ok((order, key));
                    }
                }
                Err(error) => {
                    let fault = Fault::from(error);
                    // Refused: the authority has forgotten it.
                    if fault.kind != Kind::Refused {
                        return Err(fault);
                    }
                }
            }
        }
        let identifiers: Vec<Identifier> = self.settings.subjects.iter().map(identifier).collect();
        let mut new = NewOrder::new(&identifiers);
        if let Some(replaces) = self.replaces {
            new = new.replaces(replaces.clone());
        }
        let order = match account.new_order(&new).await.map_err(Fault::from) {
            // It does not know this, or has replaced it already (RFC 9773 §5).
            Err(fault) if fault.kind == Kind::Refused && self.replaces.is_some() => {
                account.new_order(&NewOrder::new(&identifiers)).await?
            }
            made => made?,
        };
        let key = KeyPair::generate().map_err(|error| own(&error))?;
        let directory = self.settings.directory.clone();
        let pending = Pending { directory, subjects, url: order.url().to_owned(), key: key.serialize_pem() };
        self.shelf.notes.order = Some(pending);
        self.shelf.save().await.map_err(Fault::own)?;
        Ok((order, key))
    }

    /// Shows that each name leads here, and waits until the authority has seen it.
    async fn prove(&mut self, order: &mut Order) -> Result<(), Fault> {
        // Shown until this returns.
        let mut proofs = Vec::new();
        let way = self.way();
        let mut authorizations = order.authorizations();
        while let Some(authorization) = authorizations.next().await {
            let mut authorization = authorization?;
            match authorization.status {
                AuthorizationStatus::Valid => continue,
                AuthorizationStatus::Pending => {}
                AuthorizationStatus::Invalid
                | AuthorizationStatus::Revoked
                | AuthorizationStatus::Expired
                | AuthorizationStatus::Deactivated => {
                    return Err(Fault::refused("a name's authorization has ended"));
                }
            }
            let kind = match way {
                Challenge::TlsAlpn => ChallengeType::TlsAlpn01,
                Challenge::Http => ChallengeType::Http01,
            };
            let Some(mut challenge) = authorization.challenge(kind) else {
                return Err(Fault::refused(format!("the certificate authority offers no {}", way.as_str())));
            };
            proofs.push(self.show(&challenge, way)?);
            // In an order that goes on after a restart it may be under way.
            if challenge.status == ChallengeStatus::Pending {
                challenge.set_ready().await?;
            }
        }
        match order.poll_ready(&PATIENCE).await {
            Ok(OrderStatus::Ready) => Ok(()),
            Ok(_) => Err(self.unproven(order, way).await),
            Err(Error::Api(_)) if order.state().status == OrderStatus::Invalid => {
                Err(self.unproven(order, way).await)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Whose turn it is: after a failure the next way is tried.
    fn way(&self) -> Challenge {
        let ways = &self.settings.challenges;
        let turn = usize::try_from(self.shelf.notes.turn).unwrap_or(0) % ways.len().max(1);
        ways.get(turn).copied().unwrap_or(Challenge::TlsAlpn)
    }

    fn show(&self, challenge: &ChallengeHandle<'_>, way: Challenge) -> Result<Proof, Fault> {
        let authorization = challenge.key_authorization();
        let asked = challenge.identifier().to_string();
        // What is proven is what was asked for, not what an answer says.
        let subject =
            self.settings.subjects.iter().find(|subject| subject.to_string() == asked.to_lowercase());
        let subject = subject.ok_or_else(|| Fault::refused(format!("nobody has ordered for `{asked}`")))?;
        match way {
            Challenge::Http => Ok(self.shown.prove_by_file(&challenge.token, authorization.as_str())),
            Challenge::TlsAlpn => self
                .shown
                .prove_by_handshake(subject, authorization.digest().as_ref())
                .map_err(|error| own(&error)),
        }
    }

    /// What the authority has to say of the names it could not see proven.
    async fn unproven(&self, order: &mut Order, way: Challenge) -> Fault {
        let mut said = Vec::new();
        let mut authorizations = order.authorizations();
        while let Some(Ok(mut authorization)) = authorizations.next().await {
            if authorization.refresh().await.is_err() {
                continue;
            }
            let name = authorization.identifier().to_string();
            let errors = authorization.challenges.iter().filter_map(|challenge| challenge.error.as_ref());
            said.extend(errors.map(|problem| format!("{name}: {}", words(problem))));
        }
        let said = if said.is_empty() { "no reason was given".to_owned() } else { said.join("; ") };
        Fault::refused(format!("{} did not succeed: {said}", way.as_str()))
    }

    /// Looks at what came before it is used and kept.
    async fn take(&mut self, pem: String) -> Result<(Certificate, Option<String>), Fault> {
        let certificate = Certificate::parse(pem.as_bytes()).map_err(|why| {
            Fault::refused(format!("what the certificate authority gave cannot be used: {why}"))
        })?;
        if let Some(lacking) = certificate.lacks(&self.settings.subjects) {
            return Err(Fault::refused(format!("the certificate that was given is not for {lacking}")));
        }
        let notes = &mut self.shelf.notes;
        notes.order = None;
        notes.turn = 0;
        notes.rest(schedule::rest(certificate.validity, self.now));
        notes.issued_by = Some(self.settings.directory.clone());
        notes.set_failures(&Failures::default());
        // One that could not be kept is used all the same: the next would cost the authority's patience.
        let trouble = self.shelf.keep(pem).await.err();
        Ok((certificate, trouble))
    }

    fn subjects(&self) -> Vec<String> {
        self.settings.subjects.iter().map(ToString::to_string).collect()
    }
}

fn identifier(subject: &Subject) -> Identifier {
    match subject {
        Subject::Name(name) => Identifier::Dns(name.to_string()),
        Subject::Address(address) => Identifier::Ip(*address),
    }
}

fn over(order: &mut Order) -> Fault {
    match &order.state().error {
        Some(problem) => Fault { kind: Kind::Refused, ..Fault::from(problem) },
        None => Fault::refused("the order has failed, and no reason was given"),
    }
}

fn own(error: &rcgen::Error) -> Fault {
    Fault::own(format!("making a key or a request: {error}"))
}
