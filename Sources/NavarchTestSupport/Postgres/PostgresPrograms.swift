// SPDX-License-Identifier: MIT
import Foundation

/// Where PostgreSQL's programs are, and the user that may run its server.
public enum PostgresPrograms {
    /// The path of `name`: from the newest version under Debian's folder, else from PATH.
    public static func path(_ name: String) throws -> String {
        let root = "/usr/lib/postgresql"
        // A folder that is not there is no error: PATH is asked next.
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        let newestFirst = versions.sorted { (Int($0) ?? 0) > (Int($1) ?? 0) }.map { "\(root)/\($0)/bin/\(name)" }
        let search = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin:/usr/sbin"
        let inPath = (search.split(separator: ":") + ["/usr/sbin"]).map { "\($0)/\(name)" }
        guard let found = (newestFirst + inPath).first(where: FileManager.default.isExecutableFile(atPath:)) else {
            throw ChildProcessError(program: name, message: "not installed (Debian: postgresql, pgbouncer)")
        }
        return found
    }

    /// The command line that runs `program` as a user that is not root, under the process id that is started.
    ///
    /// PostgreSQL and PgBouncer refuse to run as root; `setpriv` replaces itself, where `runuser` would stay as a parent.
    static func asServerUser(_ program: String, _ arguments: [String]) -> (program: String, arguments: [String]) {
        guard geteuid() == 0 else { return (program, arguments) }
        return ("setpriv", ["--reuid=postgres", "--regid=postgres", "--clear-groups", "--", program] + arguments)
    }

    /// Makes a new folder for a server under /tmp (a socket's path must be short), owned by the server's user.
    static func makeFolder(_ prefix: String) throws -> String {
        var template = Array("/tmp/\(prefix).XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw ChildProcessError(
                program: prefix, message: "no folder under /tmp: \(String(cString: strerror(errno)))")
        }
        let folder = template.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
        if geteuid() == 0, let user = getpwnam("postgres") {
            chown(folder, user.pointee.pw_uid, user.pointee.pw_gid)
        }
        return folder
    }
}
