//! 14. C++ in the same process: objects made by one side's `new`, deleted by the other's `delete`.
//!
//! ```text
//!   C++   new Track ─────────▶ Owned<Track, ProcessMalloc> ─▶ dropped by Rust: ~Track, free
//!   Rust  try_new_with_in ───▶ into_raw ───────────────────▶ delete track in C++
//!   Rust  Storage::emplace ──▶ placement new ──────────────▶ ~Track, nothing is freed
//! ```
//!
//! It works because both sides end in the process's one `malloc`: [`ProcessMalloc`] calls it by its
//! C symbol, and so does `operator new`. Which malloc that is, the C library's or a preloaded
//! libheapwright, makes no difference. `cxx/tracks.cpp` is the other side. It is compiled when this
//! starts, unless the library is named in the first argument.

use core::convert::Infallible;
use core::error::Error;
use core::ffi::{CStr, c_char, c_void};
use core::mem::transmute;
use core::ptr::NonNull;
use std::ffi::CString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use heapwright_malloc::ProcessMalloc;
use heapwright_new::{Init, Owned, OwnedArray, Storage, init_raw};

/// As C++ declares it: only C++ knows what is inside.
#[repr(C)]
struct Track {
    live: *mut i32,
    name: [c_char; 24],
}

type New = unsafe extern "C" fn(*mut i32, *const c_char) -> *mut Track;
type ConstructAt = unsafe extern "C" fn(*mut Track, *mut i32, *const c_char);
type End = unsafe extern "C" fn(*mut Track);
type NewMany = unsafe extern "C" fn(*mut i32, usize) -> *mut Track;

/// The functions of the C++ library.
struct Library {
    new: New,
    delete: End,
    construct_at: ConstructAt,
    destroy_at: End,
    new_many: NewMany,
}

static LIBRARY: OnceLock<Library> = OnceLock::new();

fn library() -> &'static Library {
    LIBRARY.get().expect("it was loaded before the first track")
}

impl Track {
    /// The constructor of C++, as an initialiser.
    fn new(live: &mut i32, name: &'static CStr) -> impl Init<Self, Error = Infallible> {
        let live: *mut i32 = live;
        let build = move |slot: *mut Self| {
            // SAFETY: the slot is for a track, and the counter outlives it.
            unsafe { (library().construct_at)(slot, live, name.as_ptr()) };
            Ok(())
        };
        // SAFETY: C++ builds the whole object, which knows nothing of its own address.
        unsafe { init_raw(build) }
    }

    fn name(&self) -> &CStr {
        // SAFETY: C++ ends each name by a zero.
        unsafe { CStr::from_ptr(self.name.as_ptr()) }
    }
}

impl Drop for Track {
    fn drop(&mut self) {
        // SAFETY: it is being dropped, so nobody uses it afterwards.
        unsafe { (library().destroy_at)(self) };
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let path = match std::env::args_os().nth(1) {
        Some(path) => Some(PathBuf::from(path)),
        None => compile()?,
    };
    let Some(path) = path else {
        println!("SKIPPED: there is no C++ compiler");
        return Ok(());
    };
    load(&path)?;
    let mut live = 0;

    // C++ makes it, Rust deletes it.
    // SAFETY: the counter outlives the object, and the name ends by a zero.
    let track = unsafe { (library().new)(&raw mut live, c"made by C++".as_ptr()) };
    let track = NonNull::new(track).ok_or("C++ has no memory")?;
    // SAFETY: a new object of `operator new`, which is nobody else's.
    let track = unsafe { Owned::from_raw_parts(track, ProcessMalloc) };
    println!("Rust has a track {:?}; {live} live", track.name());
    drop(track);
    assert_eq!(live, 0, "the destructor of C++ ran");

    // Rust makes it, C++ deletes it.
    let track = Owned::try_new_with_in(Track::new(&mut live, c"made by Rust"), ProcessMalloc)?;
    let track = Owned::into_raw(track).into_ptr();
    assert_eq!(live, 1);
    // SAFETY: an object in memory of the process's malloc, used no more.
    unsafe { (library().delete)(track) };
    assert_eq!(live, 0);

    // Rust places it, by C++'s placement new.
    let mut storage = Storage::new();
    let track = storage.emplace(Track::new(&mut live, c"placed"))?;
    println!("placed on Rust's stack: {:?}; {live} live", track.name());
    drop(track);
    assert_eq!(live, 0);

    // C++ makes many, Rust deletes them, last to first.
    // SAFETY: the counter outlives the objects.
    let first = unsafe { (library().new_many)(&raw mut live, 3) };
    let first = NonNull::new(first).ok_or("C++ has no memory")?;
    assert_eq!(live, 3);
    // SAFETY: three new objects in one block of `operator new`.
    drop(unsafe { OwnedArray::from_raw_parts(first, 3, ProcessMalloc) });
    assert_eq!(live, 0);
    println!("every track ended once, on either side");
    Ok(())
}

/// Compiles the C++ side into a library beside this program; `None` without a compiler.
fn compile() -> Result<Option<PathBuf>, Box<dyn Error>> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("cxx/tracks.cpp");
    let output = std::env::current_exe()?.with_file_name("libtracks.so");
    let compiler = std::env::var("CXX").unwrap_or_else(|_| "c++".to_owned());
    let mut command = Command::new(compiler);
    command.args(["-std=c++17", "-O1", "-Wall", "-Wextra", "-shared", "-fPIC", "-o"]);
    match command.arg(&output).arg(source).status() {
        Ok(status) if status.success() => Ok(Some(output)),
        Ok(status) => Err(format!("the C++ compiler ended with {status}").into()),
        Err(_) => Ok(None),
    }
}

/// Loads the C++ side, for as long as this process lives.
fn load(path: &Path) -> Result<(), Box<dyn Error>> {
    let path = CString::new(path.as_os_str().as_encoded_bytes())?;
    // SAFETY: the library has no constructors that could do harm.
    let handle = unsafe { libc::dlopen(path.as_ptr(), libc::RTLD_NOW) };
    let handle = NonNull::new(handle).ok_or("the C++ library cannot be loaded")?;
    let symbol = |name: &CStr| {
        // SAFETY: the library is loaded, and the name ends by a zero.
        let symbol = unsafe { libc::dlsym(handle.as_ptr(), name.as_ptr()) };
        if symbol.is_null() { Err(format!("{name:?} is not in the library")) } else { Ok(symbol) }
    };
    let loaded = Library {
        // SAFETY: `tracks.cpp` declares it so.
        new: unsafe { transmute::<*mut c_void, New>(symbol(c"track_new")?) },
        // SAFETY: as above.
        delete: unsafe { transmute::<*mut c_void, End>(symbol(c"track_delete")?) },
        // SAFETY: as above.
        construct_at: unsafe {
            transmute::<*mut c_void, ConstructAt>(symbol(c"track_construct_at")?)
        },
        // SAFETY: as above.
        destroy_at: unsafe { transmute::<*mut c_void, End>(symbol(c"track_destroy_at")?) },
        // SAFETY: as above.
        new_many: unsafe { transmute::<*mut c_void, NewMany>(symbol(c"tracks_new")?) },
    };
    LIBRARY.set(loaded).map_err(|_| "the library was loaded before")?;
    Ok(())
}
