// SPDX-License-Identifier: MIT
import NavarchModel

/// LISTEN, NOTIFY and leadership (C1–C6, C15).
enum CoordinationQueries {
    /// Where "look at these nodes again" travels.
    static let commandsChannel = "navarch_commands"
    /// Where "the feed moved" travels.
    static let feedChannel = "navarch_feed"

    /// The channel that a replica proves its hearing on (C4).
    static func canaryChannel(of replica: ReplicaID) -> String { "navarch_canary_\(replica)" }

    /// LISTEN takes no parameters; the only part that is not constant is a UUID's own spelling.
    static func listen(as replica: ReplicaID) -> [String] {
        ["LISTEN \(commandsChannel)", "LISTEN \(feedChannel)", "LISTEN \"\(canaryChannel(of: replica))\""]
    }

    /// Notifies. `$1` channels, `$2` payloads.
    static let notify: StaticString = "SELECT pg_notify(c, p) FROM unnest($1::text[], $2::text[]) u(c, p)"
    /// How full the server's queue is.
    static let queueUsage: StaticString = "SELECT pg_notification_queue_usage()"

    /// A standby grants advisory locks too (C6). `$1` the loop's name.
    static let tryLock: StaticString = """
        SELECT CASE WHEN pg_is_in_recovery() THEN false ELSE pg_try_advisory_lock(2, hashtext($1)) END
        """
    /// Raises the term under the lock. `$1` name, `$2` replica.
    static let raiseTerm: StaticString = """
        INSERT INTO leadership AS l (name, term, holder) VALUES ($1, 1, $2)
        ON CONFLICT (name) DO UPDATE SET term = l.term + 1, holder = excluded.holder, since = clock_timestamp()
        RETURNING term, (SELECT id FROM database_incarnation)
        """
    /// Forgets the holder. `$1` name, `$2` replica.
    static let forgetHolder: StaticString = "UPDATE leadership SET holder = NULL WHERE name = $1 AND holder = $2"
    /// Frees the lock. `$1` name.
    static let unlock: StaticString = "SELECT pg_advisory_unlock(2, hashtext($1))"
    /// One round trip.
    static let ping: StaticString = "SELECT 1"
    /// First statement of every transaction of a led loop; no row: stop. Comparing without the lock would be no fence (C15). `$1` name,
    /// `$2` term, `$3` the incarnation that the term was raised in, where it is known (C27).
    static let fence: StaticString = """
        SELECT 1 FROM leadership l WHERE l.name = $1 AND l.term = $2
           AND ($3::uuid IS NULL OR $3 = (SELECT d.id FROM database_incarnation d)) FOR SHARE OF l
        """
}
