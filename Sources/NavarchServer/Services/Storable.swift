// SPDX-License-Identifier: MIT
import NavarchModel

extension String {
    /// Without NUL, which PostgreSQL cannot hold: what an agent captured may have it, and must not be lost for it.
    var storable: String { utf8.contains(0) ? replacing("\u{0}", with: "\u{FFFD}") : self }
}

extension CommandResult {
    /// The result as it can be stored.
    var storable: CommandResult {
        var result = self
        result.message = message.storable
        result.output = output.storable
        return result
    }
}

extension CommandProgress {
    /// The report as it can be stored.
    var storable: CommandProgress { CommandProgress(percent: percent, message: message.storable) }
}

extension HealthCheckResult {
    /// The outcome as it can be stored.
    var storable: HealthCheckResult {
        var result = self
        result.message = message.storable
        result.details = details.mapValues(\.storable)
        return result
    }
}

extension HealthEvent {
    /// The event as it can be stored.
    var storable: HealthEvent {
        var event = self
        event.message = message.storable
        event.metrics = metrics.mapValues(\.storable)
        return event
    }
}
