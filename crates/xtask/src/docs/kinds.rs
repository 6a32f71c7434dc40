//! The kinds of sources that users write, for the reference: how each is written, what it takes, what it relies on.

/// One kind: its heading, and what there is to say.
pub(super) const KINDS: &[(&str, &str)] = &[
    (
        "`url:URL[#POINTER]`: a web service of your own choice",
        "The answer is one address and nothing else, at most 4096 bytes, with status 200; redirects are not followed. `#/data/ip` takes a \
         string of a JSON document (JSON pointer, RFC 6901 §6). In `[sources.NAME]`: `ipv4` and `ipv6` (another URL for a family), \
         `headers`, `line` (fixed words around `{ip}`), `match` (a regular expression for one whole line with one group), `proxy` \
         (HTTP CONNECT, RFC 9110 §9.3.6, or SOCKS 5, RFC 1928; the environment's proxies are never used). Votes.",
    ),
    (
        "`dns:TRANSPORT://SERVER/NAME[/TYPE[/CLASS]]`: a name server that answers who asks",
        "`dns:https://HOST/PATH?name=…&type=…&class=…` (DoH, RFC 8484) and `dns:tls://ADDRESS[#NAME]/…` (DoT, RFC 7858) vote; \
         `dns:tcp://` and `dns:udp://` (RFC 1035, RFC 7766) can be forged on the way and are witnesses. Ports are 443, 853 and 53 unless \
         given. The type is that of the family, or TXT; the class IN or CH. The answer must carry our random id, our question in our \
         mixed case (draft-vixie-dnsext-dns0x20), and exactly one address.",
    ),
    (
        "`stun:[TRANSPORT://]HOST[:PORT]`: a STUN server",
        "A Binding request (RFC 8489) over UDP (port 3478, retransmitted as in §6.2.1), `tcp://` (3478) or `tls://` (5349). Only \
         XOR-MAPPED-ADDRESS counts (§14.2), and only under our transaction id. `tls://` votes, the others are witnesses.",
    ),
    (
        "`router`, `pcp[:GATEWAY]`, `nat-pmp[:GATEWAY]`, `upnp[:URL]`: the home's router",
        "IPv4 alone. `pcp` asks by PCP (RFC 6887), `nat-pmp` by NAT-PMP (RFC 6886), `upnp` by UPnP IGD 1 and 2 \
         (`GetExternalIPAddress`), `router` by all three at once. The gateway is that of the routing table unless given; an answer of \
         anybody else is dropped. One operator, a witness: what it says is easily forged on the local network. `trust = \"vote\"` or \
         `privacy = \"provider-only\"` lets it vote. `dynflare detect --router` asks it for the report alone.",
    ),
    (
        "`interface[:NAME][?OPTIONS]`: an interface of this machine",
        "That of the default route unless named (netlink, Linux). Passed over, each with its reason in `detect`: special-use (RFC 6890, \
         RFC 4193), deprecated, tentative and duplicate (RFC 4862 §5.4, §5.5.4), temporary (RFC 8981). Of the rest, stable go before \
         temporary, then the longest preferred lifetime, then the lowest. Options, joined by `&`: `prefix=2001:db8::/32` (only addresses \
         of it; may be repeated), `temporary=allow` (`skip` unless given), `all`: every address that would do becomes a value of the \
         name, as far as a quorum names it; so use `quorum = 1` with it. Votes; all interfaces are one operator.",
    ),
    (
        "`tunnel:URL#port=PORT`, `tunnel:ngrok`, `tunnel:PROGRAM ARGUMENT …`: through a tunnel back to this machine",
        "Dynflare listens on loopback under a one-time path and asks its own public URL for it; the tunnel's edge says who asked. Keys: \
         `client` (`x-forwarded-for` unless given, `forwarded` (RFC 7239), `cf-connecting-ip`, `proxy-protocol`), `hops` (1 unless \
         given), `port`, `command` (`{port}` in it is the port), `url_contains`, `agent` (http://127.0.0.1:4040 unless given). Votes over \
         HTTPS; over plain HTTP it is a witness.",
    ),
    (
        "`echo:URL[#ed25519=KEY]`: your own server with `dynflare serve --echo`",
        "The answer is signed over nonce, family, address and time: HMAC-SHA-256 (RFC 2104) with `key`, or Ed25519 (RFC 8032) with \
         `public_key`. `ipv4` and `ipv6` give another URL for a family. Votes; over plain HTTP only where answers are signed. A signed \
         one may be the only source, with `quorum = 1`.",
    ),
    (
        "`static:ADDRESS[,ADDRESS]`, `file:/PATH`, `command:PROGRAM ARGUMENT …`: what this machine knows",
        "At most one address of each family. A command runs without a shell and without the program's credentials in its environment; \
         `{family}` in an argument becomes `4` or `6`. They vote.",
    ),
];
