// SPDX-License-Identifier: MIT
import Locks
import NIOCore

/// What the server tells its connections, as a user event in their pipelines.
enum ConnectionEvent: Sendable {
    /// Finish what is in progress and let the client go elsewhere.
    case drain
    /// As `drain`, and close as soon as nothing is in progress.
    case shutdown
}

/// The open connections of a server.
final class ConnectionRegistry: Sendable {
    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        var isShutDown = false
    }
    private let state = Mutex(State())
    private let limit: Int
    /// Happens when the server shuts down and the last connection is closed.
    let empty = OneShotSignal()

    init(limit: Int) { self.limit = limit }

    /// How many there are.
    var count: Int { state.withLock { $0.channels.count } }

    /// Takes a connection in until it closes. False when there are too many, or the server is shutting down.
    func add(_ channel: any Channel) -> Bool {
        let id = ObjectIdentifier(channel)
        let isAdded = state.withLock { state in
            guard !state.isShutDown, state.channels.count < limit else { return false }
            state.channels[id] = channel
            return true
        }
        if isAdded { channel.closeFuture.whenComplete { _ in self.remove(id) } }
        return isAdded
    }

    /// Tells all of them.
    func announce(_ event: ConnectionEvent) {
        let channels = state.withLock { state in
            if event == .shutdown { state.isShutDown = true }
            return Array(state.channels.values)
        }
        for channel in channels { channel.pipeline.fireUserInboundEventTriggered(event) }
        if event == .shutdown, channels.isEmpty { empty.fire() }
    }

    /// Closes all of them now.
    func closeAll() {
        for channel in state.withLock({ Array($0.channels.values) }) { channel.close(promise: nil) }
    }

    private func remove(_ id: ObjectIdentifier) {
        let isLast = state.withLock { state in
            state.channels[id] = nil
            return state.isShutDown && state.channels.isEmpty
        }
        if isLast { empty.fire() }
    }
}
