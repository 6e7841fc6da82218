// SPDX-License-Identifier: MIT

import Foundation
import SwiftProtobuf

/// Ages in the original's words: `5s ago`, `3m ago`, `2h ago`, `4d ago`, `Never`.
enum Age {
    /// The age of `moment` at `now`, truncated to its largest unit. A moment that is not set, or is at or before the epoch, is
    /// `Never`; one in the future, by a clock that is off, is `0s ago`.
    static func words(_ moment: Google_Protobuf_Timestamp?, now: Date) -> String {
        guard let moment, moment.seconds > 0 else { return "Never" }
        let seconds = max(0, Int64(now.timeIntervalSince1970.rounded(.down)) - moment.seconds)
        return switch seconds {
        case ..<60: "\(seconds)s ago"
        case ..<3_600: "\(seconds / 60)m ago"
        case ..<86_400: "\(seconds / 3_600)h ago"
        default: "\(seconds / 86_400)d ago"
        }
    }

    /// The time between two moments, such as `340ms`, `12s`, `3m 20s`; empty while either is not set.
    static func span(_ start: Google_Protobuf_Timestamp?, _ end: Google_Protobuf_Timestamp?) -> String {
        guard let start, let end else { return "" }
        let milliseconds = (end.seconds - start.seconds) * 1_000 + Int64((end.nanos - start.nanos) / 1_000_000)
        let seconds = milliseconds / 1_000
        return switch milliseconds {
        case ..<0: "0ms"
        case ..<1_000: "\(milliseconds)ms"
        case ..<60_000: "\(seconds)s"
        case ..<3_600_000: "\(seconds / 60)m \(seconds % 60)s"
        default: "\(seconds / 3_600)h \(seconds % 3_600 / 60)m"
        }
    }
}
