//! The pages of the program's own files that are mapped into this process.

use std::{ptr, slice};

use libc::{PF_W, PT_DYNAMIC, PT_LOAD, c_int, c_void, dl_phdr_info};

/// Entries of a dynamic section: the last one, one that says that code is changed when it is
/// loaded, and flags with a bit that says the same (System V ABI, *Dynamic Section*).
const DT_NULL: usize = 0;
const DT_TEXTREL: usize = 22;
const DT_FLAGS: usize = 30;
const DF_TEXTREL: usize = 4;

/// Takes out of this process every page of the program and its libraries that nobody writes to.
/// What runs again is mapped again, from the kernel's own copy of the file.
pub(in crate::net) fn release_program_pages() {
    // SAFETY: the function fits the type that is asked for, and uses no data of the caller's.
    unsafe { libc::dl_iterate_phdr(Some(release_pages_of), ptr::null_mut()) };
}

/// Takes out the pages of one object.
unsafe extern "C" fn release_pages_of(
    object: *mut dl_phdr_info,
    _bytes: usize,
    _data: *mut c_void,
) -> c_int {
    // SAFETY: the loader passes an object that it keeps loaded until this function returns, with
    // as many headers as it says.
    let (object, headers) = unsafe {
        let object = &*object;
        let count = usize::from(object.dlpi_phnum);
        (object, slice::from_raw_parts(object.dlpi_phdr, count))
    };
    // SAFETY: asking for a setting of the system touches no memory.
    let page_bytes = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    let Ok(page_bytes) = usize::try_from(page_bytes) else {
        return 0;
    };
    let start_of = |vaddr: usize| (object.dlpi_addr as usize).wrapping_add(vaddr);
    let dynamic = headers.iter().find(|header| header.p_type == PT_DYNAMIC);
    // SAFETY: the loader has mapped this object's dynamic section where its header says.
    let changes_code =
        dynamic.is_some_and(|it| unsafe { has_code_relocations(start_of(it.p_vaddr as usize)) });
    if changes_code || page_bytes == 0 {
        return 0;
    }
    let is_read_only = |flags: u32| flags & PF_W == 0;
    for header in headers {
        if header.p_type != PT_LOAD || !is_read_only(header.p_flags) {
            continue;
        }
        // Whole pages only: the first and the last may hold something of a neighbour.
        let start = start_of(header.p_vaddr as usize);
        let end = start.saturating_add(header.p_filesz as usize);
        let first = start.next_multiple_of(page_bytes);
        let bytes = (end - end % page_bytes).saturating_sub(first);
        // SAFETY: the range lies in a mapping of a file that nobody has written to, so that every
        // page of it can be read from the file again.
        unsafe { libc::madvise(first as *mut c_void, bytes, libc::MADV_DONTNEED) };
    }
    0
}

/// Whether the loader changed an object's code, so that its pages are not those of its file.
///
/// # Safety
/// A dynamic section stands at this address.
unsafe fn has_code_relocations(section: usize) -> bool {
    let mut entry = section as *const [usize; 2];
    loop {
        // SAFETY: the section ends with an entry that is none, and this one is no later.
        let [tag, value] = unsafe { *entry };
        match tag {
            DT_NULL => return false,
            DT_TEXTREL => return true,
            DT_FLAGS if value & DF_TEXTREL != 0 => return true,
            _ => {}
        }
        // SAFETY: as above.
        entry = unsafe { entry.add(1) };
    }
}
