// SPDX-License-Identifier: MIT
import NavarchModel

extension Navarch_V1_CommandProgress {
    /// The same report, with the time at which it came.
    public init(_ progress: CommandProgress, at moment: Timestamp? = nil) {
        self.init()
        percent = progress.percent
        message = progress.message
        if let moment { reportedAt = .init(moment) }
    }
}

extension CommandProgress {
    /// The same report; the time on the wire is the database's to give and is not read.
    public init(_ wire: Navarch_V1_CommandProgress) {
        self.init(percent: wire.percent, message: wire.message)
    }
}
