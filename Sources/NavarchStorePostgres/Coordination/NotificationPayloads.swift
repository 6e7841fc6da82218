// SPDX-License-Identifier: MIT
import NavarchModel
import NavarchStore
import Postgres

/// Changes as notifications: node keys in decimal, joined by commas, so many that a payload stays under the server's 8,000 bytes.
struct NotificationPayloads {
    private(set) var channels: [String] = []
    private(set) var texts: [String] = []

    /// Keys have at most 11 characters and a comma: 600 of them stay under 8,000 bytes.
    static let keysInOne = 600

    mutating func add(_ change: Change) {
        switch change {
        case .commands(let keys):
            let distinct = Set(keys).sorted()
            for start in stride(from: 0, to: distinct.count, by: Self.keysInOne) {
                let part = distinct[start..<min(start + Self.keysInOne, distinct.count)]
                channels.append(CoordinationQueries.commandsChannel)
                texts.append(part.map { "\($0.rawValue)" }.joined(separator: ","))
            }
        case .feed:
            channels.append(CoordinationQueries.feedChannel)
            texts.append("")
        case .canary:
            break  // goes to one replica, by `sendCanary`
        }
    }
}

extension Change {
    /// Reads a notification; nil for one that says nothing to this binary.
    init?(_ notification: PostgresNotification, canary: String) {
        switch notification.channel {
        case CoordinationQueries.commandsChannel:
            self = .commands(notification.payload.split(separator: ",").compactMap { Int32($0).map { NodeKey($0) } })
        case CoordinationQueries.feedChannel: self = .feed
        case canary: self = .canary(notification.payload)
        default: return nil
        }
    }
}
