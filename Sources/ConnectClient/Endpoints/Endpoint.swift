// SPDX-License-Identifier: MIT

import Connect

/// Where calls go to: one base URL, taken apart.
struct Endpoint: Sendable, Equatable {
    /// True for `https`.
    let isSecure: Bool
    /// Name or address, IPv6 without its brackets.
    let host: String
    /// The port, the scheme's own when the URL names none.
    let port: Int
    /// What stands before every method's path: empty, or `/` and more, without a slash at the end.
    let pathPrefix: String
    /// What `host` and `:authority` say.
    let authority: String

    /// Reads `http://host`, `https://host:port/prefix` and the like.
    ///
    /// - Throws: `.invalidArgument`, with the URL and what is wrong with it.
    init(_ url: String) throws(RPCError) {
        func wrong(_ reason: String) -> RPCError {
            RPCError(.invalidArgument, "base URL '\(url)': \(reason); accepted is http://HOST[:PORT][/PATH], or https")
        }
        guard let separator = url.firstRange(of: "://") else { throw wrong("it has no scheme") }
        switch url[..<separator.lowerBound].lowercased() {
        case "http": isSecure = false
        case "https": isSecure = true
        case let other: throw wrong("the scheme is '\(other)'")
        }
        let rest = url[separator.upperBound...]
        guard rest.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else { throw wrong("it has spaces or is not ASCII") }
        guard !rest.contains(where: { "@?#".contains($0) }) else { throw wrong("it has a user, query or fragment") }
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        guard let (host, port) = Self.hostAndPort(rest[..<slash]) else { throw wrong("host or port is wrong") }
        self.host = host
        self.port = port ?? (isSecure ? 443 : 80)
        let bracketed = host.contains(":") ? "[\(host)]" : host
        authority = port.map { "\(bracketed):\($0)" } ?? bracketed
        var prefix = rest[slash...]
        while prefix.last == "/" { prefix.removeLast() }
        pathPrefix = String(prefix)
    }

    /// True when `host` is an address, which TLS cannot name as its server.
    var hostIsAddress: Bool {
        host.contains(":") || host.utf8.allSatisfy { $0 == UInt8(ascii: ".") || (0x30...0x39).contains($0) }
    }

    private static func hostAndPort(_ text: Substring) -> (String, Int?)? {
        var host = text
        var port: Int?
        let afterAddress = text.lastIndex(of: "]") ?? text.startIndex
        if let colon = text[afterAddress...].lastIndex(of: ":") {
            guard let number = UInt16(text[text.index(after: colon)...]), number > 0 else { return nil }
            port = Int(number)
            host = text[..<colon]
        }
        if host.first == "[" {
            guard host.last == "]", host.count > 2 else { return nil }
            host = host.dropFirst().dropLast()
        } else if host.contains(where: { ":[]".contains($0) }) {
            return nil
        }
        return host.isEmpty ? nil : (String(host), port)
    }
}

extension Endpoint: CustomStringConvertible {
    /// The URL again, without what it left to the scheme.
    var description: String { "\(isSecure ? "https" : "http")://\(authority)\(pathPrefix)" }
}
