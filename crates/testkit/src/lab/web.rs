//! Echo sources of a lab: they say the address that they are really asked from.

use crate::serve::{Server, converse, handler, reply};
use crate::tls::Identity;
use hyper::Request;
use hyper::body::Bytes;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// A truthful source over HTTP on a listener from [`Lab::listen`](super::Lab::listen).
pub fn echo(listener: TcpListener) -> Server {
    Server::each("http", listener, |tcp| async move {
        if let Ok(peer) = tcp.peer_addr() {
            tell(tcp, peer.ip().to_canonical().to_string()).await;
        }
    })
}

/// The same over HTTPS.
pub fn echo_tls(listener: TcpListener, identity: &Identity) -> Server {
    let acceptor = TlsAcceptor::from(identity.server_config());
    Server::each("https", listener, move |tcp| {
        let acceptor = acceptor.clone();
        async move {
            let Ok(peer) = tcp.peer_addr() else { return };
            if let Ok(stream) = acceptor.accept(tcp).await {
                tell(stream, peer.ip().to_canonical().to_string()).await;
            }
        }
    })
}

async fn tell<T>(stream: T, peer: String)
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let answer = handler(move |_: Request<Bytes>| {
        let text = format!("{peer}\n");
        async move { reply(200, text) }
    });
    converse(stream, answer).await;
}
