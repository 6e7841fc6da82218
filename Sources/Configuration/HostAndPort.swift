// SPDX-License-Identifier: MIT

/// `HOST:PORT`; IPv6 hosts in brackets. `:PORT` is every IPv4 address of the machine.
public struct HostAndPort: Equatable, Sendable {
    /// A name or an address, without brackets.
    public let host: String
    /// From 0, which takes a free one, to 65535.
    public let port: Int

    /// Reads `text`; nil where it is no such thing.
    public init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65_535).contains(port)
        else { return nil }
        var host = String(text[..<colon])
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        if isBracketed { host = String(host.dropFirst().dropLast()) }
        guard isBracketed || !host.contains(":"), !(isBracketed && host.isEmpty) else { return nil }
        self.host = host.isEmpty ? "0.0.0.0" : host
        self.port = port
    }
}
