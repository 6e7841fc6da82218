// SPDX-License-Identifier: MIT
import NIOCore
import NIOHTTP1

/// Sets up the handlers of a new connection.
struct ConnectionPipeline: Sendable {
    let core: ServerCore

    /// For a socket that was just accepted, in cleartext.
    func configure(_ channel: any Channel) -> EventLoopFuture<Void> {
        guard core.connections.add(channel) else {
            return channel.eventLoop.makeFailedFuture(ConnectionLimitReached())
        }
        return channel.eventLoop.makeCompletedFuture {
            let sniffer = PrefaceSniffer(timeout: TimeAmount(core.configuration.timers.idle)) { isHTTP2, context in
                if isHTTP2 {
                    try configureHTTP2(context.channel)
                } else {
                    try configureHTTP1(context.channel)
                }
            }
            try channel.pipeline.syncOperations.addHandler(sniffer)
        }
    }

    func configureHTTP1(_ channel: any Channel) throws {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderListSize = core.configuration.limits.maxHeaderBytes
        limits.maxHeaderFieldSize = min(limits.maxHeaderFieldSize, core.configuration.limits.maxHeaderBytes)
        let decoder = HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes, limitConfiguration: limits)
        try channel.pipeline.syncOperations.addHandlers([
            ByteToMessageHandler(decoder), HTTP1Handler(core: core, remoteAddress: Self.address(of: channel)),
        ])
    }

    static func address(of channel: any Channel) -> String {
        channel.remoteAddress?.ipAddress ?? channel.remoteAddress?.pathname ?? "unknown"
    }
}

/// Closes a connection that is one too many.
struct ConnectionLimitReached: Error {}
