// SPDX-License-Identifier: MIT
import NavarchStore
import Postgres

/// Reads texts that come back from outside as this module does when they come: for the fuzzer.
package enum StoredTexts {
    /// As a page token of each list, and as a notification on each channel. Refusals are no news.
    package static func read(_ text: String) {
        for channel in [CoordinationQueries.commandsChannel, CoordinationQueries.feedChannel, "canary"] {
            let notification = PostgresNotification(channel: channel, payload: text, backendPID: 1)
            _ = Change(notification, canary: "canary")
        }
        // A text that is no token of the list is refused, which is all that is asked here.
        _ = try? PageToken.node(text)
        _ = try? PageToken.instance(text)
        // The same.
        _ = try? PageToken.command(text)
    }
}
