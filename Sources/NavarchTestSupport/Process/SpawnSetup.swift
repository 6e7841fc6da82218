// SPDX-License-Identifier: MIT
import Foundation

/// Makes a pipe whose ends no child inherits.
func pipePair(for program: String) throws -> (reading: Int32, writing: Int32) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else {
        throw ChildProcessError(program: program, message: "no pipe: \(String(cString: strerror(errno)))")
    }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
}

// Swift's module of glibc leaves these two and the flag out. Where they are missing, nothing is closed or changed.
private typealias Actions = UnsafeMutablePointer<posix_spawn_file_actions_t>
private typealias CloseFrom = @convention(c) (Actions, Int32) -> Int32
private typealias ChangeDirectory = @convention(c) (Actions, UnsafePointer<CChar>) -> Int32
private let closeFrom = dlsym(nil, "posix_spawn_file_actions_addclosefrom_np").map {
    unsafeBitCast($0, to: CloseFrom.self)
}
private let changeDirectory = dlsym(nil, "posix_spawn_file_actions_addchdir_np").map {
    unsafeBitCast($0, to: ChangeDirectory.self)
}
private let newSession: Int32 = 0x80  // POSIX_SPAWN_SETSID of spawn.h

/// How a child starts: its standard streams, its directory, its signals.
struct SpawnSetup {
    let output: Int32
    let input: Int32?
    let directory: String?
    let detached: Bool

    /// Starts the program and returns its process id.
    func spawn(_ program: String, _ arguments: [String], _ environment: [String: String]) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        describeFiles(&actions)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        describeSignals(&attributes)

        let argv = CStrings([program] + arguments)
        let envp = CStrings(environment.map { "\($0.key)=\($0.value)" })
        var pid: pid_t = 0
        let status = posix_spawnp(&pid, program, &actions, &attributes, argv.pointers, envp.pointers)
        guard status == 0 else {
            throw ChildProcessError(program: program, message: "not started: \(String(cString: strerror(status)))")
        }
        return pid
    }

    private func describeFiles(_ actions: inout posix_spawn_file_actions_t) {
        if let input {
            posix_spawn_file_actions_adddup2(&actions, input, 0)
        } else {
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        }
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_adddup2(&actions, output, 2)
        _ = closeFrom?(&actions, 3)
        if let directory { _ = changeDirectory?(&actions, directory) }
    }

    private func describeSignals(_ attributes: inout posix_spawnattr_t) {
        var none = sigset_t()
        sigemptyset(&none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        var flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
        if detached { flags |= newSession }
        posix_spawnattr_setflags(&attributes, Int16(flags))
    }
}

/// A null-terminated array of C strings that lives as long as this object.
private final class CStrings {
    let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private let count: Int

    init(_ strings: [String]) {
        count = strings.count
        pointers = .allocate(capacity: count + 1)
        for (index, string) in strings.enumerated() { pointers[index] = strdup(string) }
        pointers[count] = nil
    }

    deinit {
        for index in 0..<count { free(pointers[index]) }
        pointers.deallocate()
    }
}
