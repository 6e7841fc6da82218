// SPDX-License-Identifier: MIT

import Connect
import Logging
import NIOCore
import NIOPosix
import SwiftProtobuf

/// Calls methods of servers that speak Connect, gRPC or gRPC-Web.
///
/// One client serves any number of tasks. It keeps its connections for later calls, gives every call a deadline and a
/// request id, goes to another base URL when one fails, and tries again what is safe to try again. Call ``shutdown()``
/// when done with it.
///
/// ```swift
/// let client = try RPCClient(RPCClientConfiguration(baseURLs: ["http://127.0.0.1:8080"]))
/// let answer = try await client.unary(echo, request, timeout: .seconds(2))
/// ```
public final class RPCClient: Sendable {
    /// What the client was made from.
    public let configuration: RPCClientConfiguration
    let dispatcher: Dispatcher
    let format: WireFormat

    /// A client without connections: the first call makes the first.
    ///
    /// - Throws: `.invalidArgument` when a base URL or a file of the TLS configuration is wrong, or when gRPC is to go over
    ///   HTTP/1.1.
    public convenience init(
        _ configuration: RPCClientConfiguration, logger: Logger = Logger(label: "connect.client")
    ) throws(RPCError) {
        try self.init(configuration, logger: logger, group: MultiThreadedEventLoopGroup.singleton) {
            Double.random(in: 0..<1)
        }
    }

    /// A client on loops of the caller's, with the caller's dice.
    init(
        _ configuration: RPCClientConfiguration, logger: Logger, group: any EventLoopGroup,
        chance: @escaping @Sendable () -> Double
    ) throws(RPCError) {
        guard !configuration.baseURLs.isEmpty else { throw RPCError(.invalidArgument, "a client needs a base URL") }
        guard configuration.rpcProtocol != .grpc || configuration.httpVersion == .http2 else {
            throw RPCError(.invalidArgument, "gRPC needs HTTP/2")
        }
        var endpoints: [Endpoint] = []
        for url in configuration.baseURLs { endpoints.append(try Endpoint(url)) }
        if configuration.balancing == .shuffled { endpoints.shuffle() }
        let connector = try Connector(configuration, group: group, needsTLS: endpoints.contains(where: \.isSecure))
        let pools = endpoints.map {
            ConnectionPool($0, connector: connector, configuration: configuration, logger: logger)
        }
        self.configuration = configuration
        dispatcher = Dispatcher(pools, configuration, logger: logger, chance: chance)
        format = WireFormat(
            rpcProtocol: configuration.rpcProtocol, codec: configuration.codec,
            maxMessageBytes: configuration.maxMessageBytes, compressFromBytes: configuration.compressFromBytes)
    }

    /// Closes all connections. Calls in flight fail with `.unavailable`, and so do later ones.
    public func shutdown() async { await dispatcher.shutDown() }

    /// The headers of one call.
    func headers(for call: RPCMetadata) throws(RPCError) -> RequestHeaders {
        try RequestHeaders(
            format: format, userAgent: configuration.userAgent, common: configuration.headers, call: call)
    }

    /// Asks for the token of one attempt.
    ///
    /// - Throws: `.unauthenticated` when there should be one and is not.
    func token() async throws(CallFailure) -> String? {
        guard let provider = configuration.bearerToken else { return nil }
        do {
            guard let token = try await provider() else { return nil }
            guard RPCMetadata.isValid(name: "authorization", value: token) else {
                throw RPCError(.unauthenticated, "the token has characters that no header can carry")
            }
            return token
        } catch {
            let known = error as? RPCError ?? RPCError(.unauthenticated, "no token could be had: \(error)")
            throw CallFailure(error: known, reach: .ended)
        }
    }
}
