// SPDX-License-Identifier: MIT

import BuildInfo
import Connect
import ConnectClient
import Logging

/// How to reach a control plane, and as whom.
public struct ClientConfiguration: Sendable {
    /// Base URLs of replicas or of their load balancer: the first that is well is used.
    public var servers: [String]
    /// Where the bearer token comes from.
    public var token: TokenSource
    /// For whom the calls are made; recorded beside what the token proves (decision 0101). Nil: nobody in particular.
    public var actor: String?
    /// The node that the calls are about, for the control plane's log; proves nothing. Nil: several, or none.
    public var node: String?
    /// The time of a unary call that names none.
    public var timeout: Duration = .seconds(30)
    /// The protocol of the calls.
    public var rpcProtocol = RPCProtocol.connect
    /// How messages are written.
    public var codec = RPCCodec.proto
    /// Which of several servers a call prefers. Many agents with one list of servers want `.shuffled`.
    public var balancing = RPCClientConfiguration.Balancing.inOrder
    /// Whom to believe to be the control plane, for `https` servers.
    public var tls = RPCClientTLS()
    /// What this program calls itself in `user-agent`: a product of ours.
    public var product: String

    /// A configuration with its defaults.
    public init(servers: [String] = [NavarchClient.defaultServer], token: TokenSource = .none, product: String) {
        self.servers = servers
        self.token = token
        self.product = product
    }

    /// The header that carries the node.
    static let nodeHeader = "x-navarch-node"

    /// What a header may hold as it is: visible ASCII (RFC 9110, section 5.5). A node of another name is refused by the control plane anyway, with
    /// the reason; the client must not fail before that.
    private static func fitsHeader(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 253 && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    }

    /// The client that calls go through. Its connections are closed by `shutdown()`.
    ///
    /// - Parameter logger: Told of retries and of servers that are left alone; silent by default.
    /// - Throws: `.invalidArgument`, naming the server or the file that is wrong.
    public func makeRPCClient(
        logger: Logger = Logger(label: "navarch.client", factory: { _ in SwiftLogNoOpLogHandler() })
    ) throws(RPCError) -> RPCClient {
        var configuration = RPCClientConfiguration(
            baseURLs: servers.map(ServerAddress.withScheme), protocol: rpcProtocol, codec: codec)
        configuration.defaultTimeout = timeout
        configuration.balancing = balancing
        configuration.tls = tls
        configuration.userAgent = "\(product)/\(BuildInfo.version)"
        configuration.bearerToken = token.provider
        if let actor { configuration.headers.set(ActorName.header, actor) }
        if let node, Self.fitsHeader(node) { configuration.headers.set(Self.nodeHeader, node) }
        return try RPCClient(configuration, logger: logger)
    }
}

/// Reads addresses of servers as people write them.
public enum ServerAddress {
    /// The addresses in a list joined by commas, such as `a:50051, https://b`; empty parts are dropped.
    public static func list(_ text: String) -> [String] {
        text.split(separator: ",").map { $0.trimmed }.filter { !$0.isEmpty }
    }

    /// `address` as a URL: `http://` is put before one that names no scheme.
    public static func withScheme(_ address: String) -> String {
        address.contains("://") ? address : "http://" + address
    }
}

extension Substring {
    /// Without the spaces and tabs around it.
    var trimmed: String {
        var rest = self
        while let first = rest.first, first == " " || first == "\t" { rest.removeFirst() }
        while let last = rest.last, last == " " || last == "\t" { rest.removeLast() }
        return String(rest)
    }
}
