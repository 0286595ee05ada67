/* Carries the states of a model over from one inference to the next.
 *
 * Before the first inference and at every reset:  gru_u32_t28_transfer_int8_state_h_reset(state_input);
 * after each inference:                           gru_u32_t28_transfer_int8_state_h_carry(state_output, state_input);
 *
 * Rounds as the reference kernel of TensorFlow Lite's QUANTIZE; right shifts of negative numbers are arithmetic.
 */
#ifndef GRU_U32_T28_TRANSFER_INT8_STATES_H
#define GRU_U32_T28_TRANSFER_INT8_STATES_H

#include <stddef.h>
#include <stdint.h>

/* state_h_out: scale 0.00638647797, zero point 8
 * state_h_in: scale 0.00633737165, zero point 10 */
enum { gru_u32_t28_transfer_int8_state_h_size = 32 };

static inline int8_t gru_u32_t28_transfer_int8_state_h_rescale(int8_t value)
{
    int64_t scaled = ((int64_t)value - (8)) * ((int64_t)1 << 1);
    scaled = (scaled * INT64_C(1082061914) + (INT64_C(1) << 30)) >> 31;
    scaled += 10;
    if (scaled < INT8_MIN) {
        return INT8_MIN;
    }
    return scaled > INT8_MAX ? INT8_MAX : (int8_t)scaled;
}

static inline void gru_u32_t28_transfer_int8_state_h_carry(const int8_t *output, int8_t *input)
{
    for (size_t i = 0; i < gru_u32_t28_transfer_int8_state_h_size; ++i) {
        input[i] = gru_u32_t28_transfer_int8_state_h_rescale(output[i]);
    }
}

static inline void gru_u32_t28_transfer_int8_state_h_reset(int8_t *input)
{
    for (size_t i = 0; i < gru_u32_t28_transfer_int8_state_h_size; ++i) {
        input[i] = 10;
    }
}

#endif /* GRU_U32_T28_TRANSFER_INT8_STATES_H */
