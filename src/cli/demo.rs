//! `dynflare demo`: the whole loop with no account and no internet. Name server, sources, TSIG key are made up on the
//! spot, on loopback; everything between them is the program as it always is.

use super::args::Demo;
use super::detect;
use super::exit::Exit;
use super::output::{Format, Output};
use crate::demo::echo::{EchoSource, SharedAddress};
use crate::demo::nameserver::NameServer;
use crate::net::{Network, NetworkSettings};
use crate::provider::rfc2136::Rfc2136;
use crate::provider::rfc2136::settings::{Algorithm, Settings, Transport, TsigKey};
use crate::provider::{Adapter, RrSets, Zone};
use crate::report::event::Event;
use crate::report::heard::Heard;
use crate::report::human::Volume;
use crate::report::json;
use crate::round::{Detecting, Finished, Interrupt, Mode, Need, Round, Wanted};
use crate::secret::Secret;
use crate::source::{Filters, Source};
use dynflare_core::address::{Family, Prefix};
use dynflare_core::condition::Conditions;
use dynflare_core::desired::{OwnerMark, Wish};
use dynflare_core::guard::Limits;
use dynflare_core::memory::Memory;
use dynflare_core::name::Name;
use dynflare_core::quorum::Rules;
use dynflare_core::record::{Key, RecordType, RrSet};
use dynflare_core::uplink::Ways;
use serde_json::json;
use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

const ACCOUNT: &str = "demo";
const BEFORE: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 4);
const TRUTH: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 7);
const LIE: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 66);
const TTL: u32 = 60;

/// Runs it. Ends with 0 when DNS shows the right address.
pub(super) async fn run(arguments: &Demo, output: &Output) -> Exit {
    let done = match (arguments.move_to, arguments.at) {
        (Some(address), Some(at)) => move_running(address, at, output).await,
        _ => show(arguments, output).await,
    };
    done.unwrap_or_else(|error| {
        output.error(&format!("error: the demo cannot go on\n  cause: {error}"));
        Exit::Later
    })
}

/// Everything that is made up.
struct World {
    truth: SharedAddress,
    lie: SharedAddress,
    sources: Vec<Source>,
    // Listen as long as they are kept.
    _echoes: Vec<EchoSource>,
    server: NameServer,
    key: TsigKey,
    zone: Name,
    name: Name,
    network: Network,
}

impl World {
    async fn new() -> io::Result<Self> {
        let zone = Name::parse("example.org").expect("a name");
        let name = Name::parse("home.example.org").expect("a name");
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(io::Error::other)?;
        let secret = Secret::new(domain::utils::base64::encode_string(&bytes));
        let key = TsigKey { name: "demo".to_owned(), algorithm: Algorithm::Sha256, secret };
        let values = vec![BEFORE.to_string()];
        let before = RrSet { key: Key { name: name.clone(), rtype: RecordType::A }, ttl: Some(TTL), values };
        let server = NameServer::start(&zone, &key, &[before])?;
        let (truth, lie) = (SharedAddress::new(TRUTH.to_string()), SharedAddress::new(LIE.to_string()));
        let mut sources = Vec::new();
        let mut echoes = Vec::new();
        for (id, says) in
            [("alder", &truth), ("birch", &lie), ("cedar", &truth), ("elm", &lie), ("fir", &truth)]
        {
            let echo = EchoSource::start(Family::V4, says.clone()).await?;
            let source = Source::parse_spec(&format!("url:{}", echo.url())).map_err(io::Error::other)?;
            sources.push(source.called(id).run_by(id));
            echoes.push(echo);
        }
        let user_agent = concat!("dynflare/", env!("CARGO_PKG_VERSION")).to_owned();
        let network = Network::new(NetworkSettings { ca_files: Vec::new(), user_agent });
        Ok(Self { truth, lie, sources, _echoes: echoes, server, key, zone, name, network })
    }

    fn provider(&self) -> io::Result<Rfc2136> {
        let settings = Settings {
            server: self.server.address().to_string(),
            key: Some(self.key.clone()),
            transport: Transport::Auto,
        };
        Rfc2136::new(settings, &self.network).map_err(io::Error::other)
    }

    fn detecting(&self) -> io::Result<Detecting> {
        Ok(Detecting {
            sources: self.sources.clone().into(),
            rules: Rules::default(),
            filters: Filters { allow: playground().to_vec(), deny: Vec::new() },
            network: self.network.clone(),
            uplinks: BTreeMap::new(),
            seed: getrandom::u64().map_err(io::Error::other)?,
        })
    }

    /// What all five say, liars included.
    async fn everybody(&self) -> io::Result<Heard> {
        let detecting = self.detecting()?;
        let detection = detecting.inquiry().ask_all(Family::V4).await;
        Ok(Heard { detection, sources: detecting.sources, uplink: None })
    }

    /// One round of the real pipeline.
    async fn round(&self, mode: Mode) -> io::Result<Finished> {
        let key = Key { name: self.name.clone(), rtype: RecordType::A };
        let wish = Wish::new(key, OwnerMark::plain(), Vec::new()).map_err(io::Error::other)?;
        let round = Round {
            wanted: vec![Wanted {
                account: ACCOUNT.to_owned(),
                zone: Some(self.zone.clone()),
                zone_id: None,
                wish,
                need: Need::Required,
                ways: Ways::Default,
                calls: None,
                settled: None,
                told: None,
                conditions: Conditions::default(),
            }],
            accounts: Arc::new(BTreeMap::from([(
                ACCOUNT.to_owned(),
                Adapter::RrSets(Box::new(self.provider()?)),
            )])),
            detecting: self.detecting()?,
            // Who plays with a demo moves to and fro more often than any guard would let a house do.
            limits: Limits {
                allow: playground().to_vec(),
                flap_window: 0,
                changes_per_hour: usize::MAX,
                ..Limits::default()
            },
            memory: Memory::default(),
            now: 0,
            mode,
            interrupt: Interrupt::never(),
            keeper: None,
        };
        Ok(round.run().await)
    }

    /// What DNS says, asked over the wire.
    async fn in_dns(&self) -> io::Result<Vec<String>> {
        let provider = self.provider()?;
        let zone = Zone { name: self.zone.clone(), id: self.zone.to_string() };
        let key = Key { name: self.name.clone(), rtype: RecordType::A };
        Ok(provider.get(&zone, &key).await.map_err(io::Error::other)?.values)
    }

    fn dig(&self) -> String {
        let address = self.server.address();
        format!("dig @{} -p {} {} A +short", address.ip(), address.port(), self.name)
    }
}

async fn show(arguments: &Demo, output: &Output) -> io::Result<Exit> {
    let world = World::new().await?;
    let said = Output { volume: Volume::All, ..output.clone() };
    if output.format == Format::Json {
        let finished = world.round(Mode::Apply).await?;
        let found = world.in_dns().await?;
        let exit = verdict(&world, &found);
        output.json(&json!({
            "detections": finished.detections.iter().map(|one| json::detection(one, &output.cleaner)).collect::<Vec<_>>(),
            "records": finished.records.iter().map(|one| json::record(one, &output.cleaner)).collect::<Vec<_>>(),
            "dns": found,
            "dig": world.dig(),
            "exit": exit.code(),
        }));
        return Ok(exit);
    }
    said.line("Everything here is on this machine: a name server for example.org that takes signed updates,");
    said.line("and five services that tell callers their address. Two of the five lie, together.\n");
    said.line(&format!(
        "before   {} A {}\n         {}\n",
        world.name,
        world.in_dns().await?.join(" "),
        world.dig()
    ));
    let mut exit = step(&world, &said).await?;
    if !arguments.once {
        exit = stay(&world, &said, exit).await?;
    }
    Ok(exit)
}

/// One round, told at length.
async fn step(world: &World, output: &Output) -> io::Result<Exit> {
    output.line(&detect::text(&world.everybody().await?, output));
    let planned = world.round(Mode::Plan).await?;
    output.line("\nthe plan");
    planned.records.into_iter().for_each(|record| output.event(&Event::Record(Box::new(record))));
    output.line("\nthe update");
    let finished = world.round(Mode::Apply).await?;
    finished.records.into_iter().for_each(|record| output.event(&Event::Record(Box::new(record))));
    let found = world.in_dns().await?;
    output.line(&format!("\nafter    {} A {}\n         {}", world.name, found.join(" "), world.dig()));
    Ok(verdict(world, &found))
}

fn verdict(world: &World, found: &[String]) -> Exit {
    if found == [world.truth.get()] { Exit::AsDesired } else { Exit::Failed }
}

/// Follows the user's moves until the input or the program ends.
async fn stay(world: &World, output: &Output, earlier: Exit) -> io::Result<Exit> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let at = listener.local_addr()?;
    output.line("\nMove the machine to another address and watch DNS follow:");
    output.line("  Enter                      the next address");
    output.line("  an address, Enter          that one");
    output.line("  q, Enter                   end");
    output.line(&format!("or from another terminal: dynflare demo --move-to 203.0.113.99 --at {at}"));
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    let mut listening = true;
    let mut exit = earlier;
    loop {
        let typed = tokio::select! {
            line = lines.next_line(), if listening => if let Some(line) = line? { line } else {
                // Without a terminal the other command is the only way to move it.
                listening = false;
                continue;
            },
            moved = moved(&listener) => match moved {
                Ok(text) => text,
                Err(_) => continue,
            },
            _ = tokio::signal::ctrl_c() => return Ok(exit),
        };
        let address = match typed.trim() {
            "" => next(&world.truth.get()),
            "q" | "quit" => return Ok(exit),
            text => {
                if let Ok(address) = text.parse::<Ipv4Addr>() {
                    address
                } else {
                    output.error(&format!("error: {text:?} is no IPv4 address\n  hint: type one such as 203.0.113.42, or just Enter"));
                    continue;
                }
            }
        };
        let block = |known: Ipv4Addr| Prefix::covering(IpAddr::V4(known), 24).expect("24 bits of 32");
        if ![TRUTH, LIE].iter().any(|known| block(*known).contains(IpAddr::V4(address))) {
            output.error(&format!(
                "error: {address} is not for playing\n  hint: take one of {} or {}",
                block(TRUTH),
                block(LIE)
            ));
            continue;
        }
        world.truth.set(address.to_string());
        // The liars lie about wherever the machine is.
        world.lie.set(if address == LIE { BEFORE } else { LIE }.to_string());
        output.line(&format!("\nthe machine now has {address}\n"));
        exit = step(world, output).await?;
    }
}

/// The documentation blocks (RFC 5737) that addresses of the demo are from.
fn playground() -> [Prefix; 2] {
    [TRUTH, LIE].map(|address| Prefix::covering(IpAddr::V4(address), 24).expect("24 bits of 32"))
}

fn next(now: &str) -> Ipv4Addr {
    let [a, b, c, d] = now.parse().unwrap_or(TRUTH).octets();
    Ipv4Addr::new(a, b, c, if d >= 254 { 1 } else { d + 1 })
}

/// The word that `--move-to` sends.
async fn moved(listener: &TcpListener) -> io::Result<String> {
    let (stream, _) = listener.accept().await?;
    let mut word = String::new();
    stream.take(64).read_to_string(&mut word).await?;
    Ok(word)
}

async fn move_running(address: Ipv4Addr, at: SocketAddr, output: &Output) -> io::Result<Exit> {
    let mut stream = match TcpStream::connect(at).await {
        Ok(stream) => stream,
        Err(error) => {
            output.error(&format!(
                "error: no demo listens at {at}\n  cause: {error}\n  hint: start `dynflare demo` and copy the line it prints"
            ));
            return Ok(Exit::Failed);
        }
    };
    stream.write_all(address.to_string().as_bytes()).await?;
    stream.shutdown().await?;
    output.line(&format!("the demo at {at} moves to {address}"));
    Ok(Exit::AsDesired)
}
