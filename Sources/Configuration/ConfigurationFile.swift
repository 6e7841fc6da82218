// SPDX-License-Identifier: MIT
import Foundation

extension ConfigurationSchema {
    /// Reads all sources, the file from disk.
    /// - Parameters:
    ///   - path: of the YAML file; nil: there is none.
    ///   - flags: by path; nil values were not given.
    /// - Throws: every mistake of every source at once; a file that cannot be read is the only one.
    public func load(
        path: String?, environment: [String: String], flags: [String: String?]
    ) throws(ConfigurationErrors) -> ConfigurationValues {
        var file: (name: String, text: String)?
        if let path {
            do {
                file = (path, try String(contentsOf: URL(fileURLWithPath: path), encoding: .utf8))
            } catch {
                let isThere = FileManager.default.fileExists(atPath: path)
                let reason = isThere ? "cannot be read: it is no text, or not for this user" : "there is no such file"
                throw ConfigurationErrors(mistakes: [ConfigurationMistake(source: path, path: "", message: reason)])
            }
        }
        // A variable that is set to nothing sets nothing: that is how a shell unsets one for a single program.
        return try load(
            file: file, environment: environment.filter { !$0.value.isEmpty }, flags: flags.compactMapValues { $0 })
    }
}
