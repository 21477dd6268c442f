use std::net::SocketAddr;

use crate::decode::{At, choice, section};

section! {
    /// The sockets that the gate listens on.
    pub struct Listeners {
        /// Check doors, pages and endpoints for everybody: HTTP/1.1, HTTP/2 and gRPC on one port.
        "public" public: PublicListener = default("{}"),
        /// Health, metrics, status and explain, for operators.
        "admin" admin: AdminListener = default("{}"),
        /// A socket for one kind of check alone, for proxies that cannot add a path prefix.
        "check" check: Option<CheckListener> = optional restart(presence),
    }
}

section! {
    /// The public listener.
    pub struct PublicListener {
        /// Address and port.
        "address" address: At<SocketAddr> = default("127.0.0.1:8080") restart(value),
        /// TLS; plain HTTP without it.
        "tls" tls: Option<Tls> = optional restart(presence),
    }
}

section! {
    /// The admin listener.
    pub struct AdminListener {
        /// Address and port.
        "address" address: At<SocketAddr> = default("127.0.0.1:9090") restart(value),
        /// TLS; plain HTTP without it.
        "tls" tls: Option<Tls> = optional restart(presence),
        /// Whether `/explain` answers. It says why a token is refused, so it is off unless asked for.
        "explain" explain: bool = default("false"),
    }
}

section! {
    /// A socket on which every path outside of `/_claimgate/` is a check of that path.
    pub struct CheckListener {
        /// Address and port.
        "address" address: At<SocketAddr> = required restart(value),
        /// How the proxy asks.
        "protocol" protocol: CheckProtocol = default("envoyHttp") restart(value),
        /// TLS; plain HTTP without it.
        "tls" tls: Option<Tls> = optional restart(presence),
    }
}

choice! {
    /// How a proxy asks on a check socket.
    pub enum CheckProtocol {
        /// Envoy's `ext_authz` over HTTP.
        EnvoyHttp = "envoyHttp",
        /// Envoy's `ext_authz` over gRPC.
        EnvoyGrpc = "envoyGrpc",
    }
}

section! {
    /// A listener's certificate. The files are read again when they change.
    pub struct Tls {
        /// The certificate chain, in PEM.
        "certificateFile" certificate_file: At<String> = required,
        /// Its private key, in PEM.
        "keyFile" key_file: At<String> = required,
        /// Authorities for client certificates, in PEM. A proxy with a certificate of theirs is trusted like one of `trustedProxies`.
        "clientCertificateAuthorityFile" client_certificate_authority_file: Option<At<String>> = optional,
    }
}
