// SPDX-License-Identifier: MIT
import CLibpq

/// One NOTIFY that reached a listening session.
public struct PostgresNotification: Sendable, Hashable {
    /// The channel.
    public let channel: String
    /// What was sent along, possibly empty.
    public let payload: String
    /// The server process that sent it; it can be the session's own.
    public let backendPID: Int32

    /// A notification, for tests of what receives one.
    public init(channel: String, payload: String, backendPID: Int32) {
        self.channel = channel
        self.payload = payload
        self.backendPID = backendPID
    }

    init(_ notify: pgNotify) {
        channel = notify.relname.map { String(cString: $0) } ?? ""
        payload = notify.extra.map { String(cString: $0) } ?? ""
        backendPID = notify.be_pid
    }
}
