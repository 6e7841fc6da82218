// SPDX-License-Identifier: MIT
import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// How the kernel finds out that the other side of a quiet HTTP/1.1 stream is gone: HTTP/2 has pings for that.
extension NIOBSDSocket.Option {
    /// Seconds of silence before the first probe.
    static var keepaliveIdle: NIOBSDSocket.Option {
        #if canImport(Darwin)
            NIOBSDSocket.Option(rawValue: TCP_KEEPALIVE)
        #else
            NIOBSDSocket.Option(rawValue: TCP_KEEPIDLE)
        #endif
    }

    /// Seconds between probes.
    static var keepaliveInterval: NIOBSDSocket.Option { NIOBSDSocket.Option(rawValue: TCP_KEEPINTVL) }

    /// Probes without an answer after which the connection is dead.
    static var keepaliveCount: NIOBSDSocket.Option { NIOBSDSocket.Option(rawValue: TCP_KEEPCNT) }
}
