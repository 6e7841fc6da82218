// SPDX-License-Identifier: MIT
import NIOCore
import NIOHTTP2

extension ConnectionPipeline {
    /// What one stream may send before it is read, and what it may have unsent before its writer waits.
    private static let streamWindow = 1 << 20

    /// Sets a connection up for HTTP/2.
    func configureHTTP2(_ channel: any Channel) throws {
        let manager = HTTP2ConnectionHandler(core: core)
        let address = Self.address(of: channel)
        let handler = NIOHTTP2Handler(
            mode: .server, eventLoop: channel.eventLoop, connectionConfiguration: connectionConfiguration,
            streamConfiguration: streamConfiguration,
            streamDelegate: HTTP2StreamCounter(handler: NIOLoopBound(manager, eventLoop: channel.eventLoop))
        ) { [core] stream in
            stream.eventLoop.makeCompletedFuture {
                try stream.pipeline.syncOperations.addHandler(HTTP2StreamHandler(core: core, remoteAddress: address))
            }
        }
        try channel.pipeline.syncOperations.addHandlers([handler, manager])
    }

    private var connectionConfiguration: NIOHTTP2Handler.ConnectionConfiguration {
        let limits = core.configuration.limits
        var connection = NIOHTTP2Handler.ConnectionConfiguration()
        connection.initialSettings = [
            HTTP2Setting(parameter: .maxConcurrentStreams, value: limits.maxStreamsPerConnection),
            HTTP2Setting(parameter: .maxHeaderListSize, value: limits.maxHeaderBytes),
            HTTP2Setting(parameter: .initialWindowSize, value: Self.streamWindow),
        ]
        connection.targetWindowSize = 4 * Self.streamWindow
        connection.controlFrameRateLimit.maximumCount = max(1, limits.maxControlFramesPerSecond / 4)
        connection.controlFrameRateLimit.windowLength = .milliseconds(250)
        return connection
    }

    private var streamConfiguration: NIOHTTP2Handler.StreamConfiguration {
        var stream = NIOHTTP2Handler.StreamConfiguration()
        stream.targetWindowSize = Self.streamWindow
        stream.outboundBufferSizeHighWatermark = StreamOutbox.highWater
        stream.outboundBufferSizeLowWatermark = StreamOutbox.highWater / 4
        // The library keeps a time for each frame of a window and allocates them all with the connection: short windows
        // keep idle connections small.
        let resets = core.configuration.limits.maxStreamResetsPerSecond
        stream.streamResetFrameRateLimit.maximumCount = max(1, resets / 2)
        stream.streamResetFrameRateLimit.windowLength = .milliseconds(500)
        stream.streamErrorRateLimit.maximumCount = max(1, resets / 4)
        stream.streamErrorRateLimit.windowLength = .milliseconds(250)
        return stream
    }
}
