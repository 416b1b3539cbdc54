# The probe guest: enters long mode with paging on, as any kernel does, and powers the machine off.
# as --32 probe.S -o probe.o && ld -m elf_i386 -Ttext 0x7c00 --oformat binary -e start probe.o -o probe.bin
.code16
.globl start
start:
    cli
    xorw %ax, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movw $0x7c00, %sp
    # Page tables at 0x1000: three levels down to one page of 2 MiB.
    movw $0x1000, %di
    movl $0x3000/4, %ecx
    xorl %eax, %eax
    cld
    rep stosl
    movl $0x2003, 0x1000
    movl $0x3003, 0x2000
    movl $0x0083, 0x3000
    movl $0x1000, %eax
    movl %eax, %cr3
    movl %cr4, %eax
    orl $0x20, %eax
    movl %eax, %cr4
    movl $0xc0000080, %ecx
    rdmsr
    orl $0x100, %eax
    wrmsr
    lgdt gdtr
    movl %cr0, %eax
    orl $0x80000001, %eax
    movl %eax, %cr0
    ljmp $0x08, $long
.code64
long:
    # What today's guests are built for (x86-64-v2): SSE3, SSSE3, SSE4.1, SSE4.2 and POPCNT.
    movl $1, %eax
    cpuid
    andl $0x00980201, %ecx
    cmpl $0x00980201, %ecx
    jne 1f
    # Work that takes a processor a hundredth of a second, and a host that emulates one far longer than the limit.
    movl $20000000, %ecx
2:  decl %ecx
    jnz 2b
    movw $0x604, %dx
    movw $0x2000, %ax
    outw %ax, %dx
1:  hlt
    jmp 1b
.balign 8
gdt:
    .quad 0
    .quad 0x00209a0000000000
gdtr:
    .word gdtr - gdt - 1
    .long gdt
.org 510
    .word 0xaa55
